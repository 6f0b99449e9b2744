"""Settling, where there is no Kafka to ask."""

import asyncio

from aiokafka import TopicPartition

from streams.engine.settling import Settling
from tests.support.silent import silent_server

WITHIN_S = 5.0


async def test_a_connection_given_up_before_it_stands_is_closed() -> None:
    """A lane that is given up while it first asks leaves nothing open behind."""
    async with silent_server() as kafka:
        settling = Settling({"bootstrap_servers": kafka.address})
        asking = asyncio.create_task(settling.settled({TopicPartition("any", 0): 0}, 1))
        async with asyncio.timeout(WITHIN_S):
            await kafka.came.wait()
            await settling.stop()
            await kafka.left.wait()

        asking.cancel()
        await asyncio.wait({asking})
