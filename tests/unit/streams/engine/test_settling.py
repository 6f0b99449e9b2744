"""Settling, where there is no Kafka to ask."""

import asyncio

from aiokafka import TopicPartition

from streams.engine.settling import Settling

WITHIN_S = 5.0


async def test_a_connection_given_up_before_it_stands_is_closed() -> None:
    """A lane that is given up while it first asks leaves nothing open behind."""
    came, left = asyncio.Event(), asyncio.Event()

    async def never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        await reader.read()  # to the end: it was closed
        left.set()
        writer.close()

    async with await asyncio.start_server(never_answer, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        settling = Settling({"bootstrap_servers": f"{host}:{port}"})
        asking = asyncio.create_task(settling.settled({TopicPartition("any", 0): 0}, 1))
        async with asyncio.timeout(WITHIN_S):
            await came.wait()
            await settling.stop()
            await left.wait()

        asking.cancel()
        await asyncio.wait({asking})
