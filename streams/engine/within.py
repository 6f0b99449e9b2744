"""Limits of time that say what was waited for; asyncio's own say nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiokafka.errors import KafkaTimeoutError


@asynccontextmanager
async def within(seconds: float, words: Callable[[], str]) -> AsyncIterator[None]:
    """Cut the block short after so long: `KafkaTimeoutError`, with the words as they are then."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise KafkaTimeoutError(words()) from None
