"""Reading back, where there is no Kafka that answers."""

import asyncio
from typing import Any

import pytest

from streams.engine.recovery import Recovery
from tests.support.made_lanes import new_lane
from tests.support.silent import Silent, silent_server

WITHIN_S = 5.0


async def test_a_recovery_given_up_gives_nothing() -> None:
    """Whoever asked goes on to its next assignment; nothing stays open."""
    async with silent_server() as kafka, asyncio.timeout(WITHIN_S):
        recovery, running = await begun(kafka)

        recovery.give_up()

        assert await running is None
        await kafka.left.wait()


async def test_a_worker_that_ends_is_not_held_up_by_what_it_gave_up() -> None:
    """Cancelled and given up at once is cancelled: nobody goes on to another assignment."""
    async with silent_server() as kafka, asyncio.timeout(WITHIN_S):
        recovery, running = await begun(kafka)

        recovery.give_up()
        running.cancel()

        with pytest.raises(asyncio.CancelledError):
            await running


async def begun(kafka: Silent) -> tuple[Recovery, asyncio.Task[Any]]:
    """Return a recovery that waits for an answer, and what runs it."""
    recovery = Recovery("any", {"bootstrap_servers": kafka.address})
    running = asyncio.create_task(recovery.run([new_lane()]))
    await kafka.came.wait()
    return recovery, running
