"""A consumer of a reading that is given up, where its closing takes long, or fails."""

import asyncio
import gc
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaConnectionError
from structlog.testing import capture_logs

from streams.engine.recovery import _close, _closing
from tests.support.kafka import eventually

SOON_S = 5.0


class Held:
    """Stands for aiokafka's consumer: it is closed once Kafka has answered, whatever it says."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.answered = asyncio.Event()
        self.is_closed = False
        self._failure = failure

    async def stop(self) -> None:
        await self.answered.wait()
        self.is_closed = True
        if self._failure is not None:
            raise self._failure


async def given_up(consumer: Held) -> None:
    """Close it, cut short."""
    closing = asyncio.create_task(_close(cast("Any", consumer)))
    await eventually(lambda: _closing, SOON_S)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    gc.collect()  # nobody else knows of it


async def test_closing_goes_on_whoever_is_cut_short() -> None:
    """Who gave the reading up goes on at once; the consumer is closed when Kafka answers."""
    consumer = Held()
    await given_up(consumer)
    assert not consumer.is_closed

    consumer.answered.set()

    await eventually(lambda: consumer.is_closed and not _closing, SOON_S)


async def test_a_closing_that_fails_with_nobody_waiting_is_said(
    unheard: list[dict[str, Any]],
) -> None:
    """In our words, and not by asyncio once it is collected."""
    consumer = Held(KafkaConnectionError("closed"))
    await given_up(consumer)

    with capture_logs() as said:
        consumer.answered.set()
        await eventually(lambda: not _closing, SOON_S)
    gc.collect()

    assert not unheard
    told = [(line["event"], line["kind"]) for line in said]
    assert told == [("recovery.not_closed", "KafkaConnectionError")]
