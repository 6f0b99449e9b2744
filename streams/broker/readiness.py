"""Asking the broker whether it is ready: an open port is too early."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiokafka.conn import create_conn
from aiokafka.errors import KafkaError
from aiokafka.protocol.metadata import MetadataRequest

from streams.broker.ports import LOOPBACK

ANSWER_TIMEOUT_MS = 2_000


def is_ready(port: int) -> bool:
    """Say whether a broker answers and counts itself in, which it does once registered.

    May be called anywhere, also where a loop runs (it then waits for the answer all the same).
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(_has_broker(port))).result()


async def _has_broker(port: int) -> bool:
    # One connection rather than aiokafka's clients: they log each refusal, and the terminal of
    # someone who starts a broker is not the place. Its types are loose.
    try:
        connection: Any = await create_conn(LOOPBACK, port, request_timeout_ms=ANSWER_TIMEOUT_MS)
    except (OSError, KafkaError):
        return False
    try:
        metadata = await connection.send(MetadataRequest([]))
    except (OSError, KafkaError):
        return False
    finally:
        await connection.close()
    return bool(metadata.brokers)
