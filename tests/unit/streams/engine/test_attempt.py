"""Giving up, where there is no Kafka that answers."""

import asyncio

import pytest

from streams.engine.attempt import Attempt, GivenUp
from streams.engine.recovery import recover
from tests.support.made_lanes import new_lane
from tests.support.silent import Silent, silent_server

WITHIN_S = 5.0


async def test_a_recovery_given_up_gives_nothing() -> None:
    """Whoever asked goes on to its next assignment; nothing stays open."""
    async with silent_server() as kafka, asyncio.timeout(WITHIN_S):
        attempt, running = await begun(kafka)

        attempt.give_up()

        with pytest.raises(GivenUp):
            await running
        await kafka.left.wait()


async def test_what_is_given_up_begins_nothing_more() -> None:
    """However late in taking lanes it comes to what may be given up."""
    async with silent_server() as kafka, asyncio.timeout(WITHIN_S):
        attempt = Attempt()
        attempt.give_up()

        with pytest.raises(GivenUp):
            await attempt.unless_given_up(reading(kafka))
        with pytest.raises(GivenUp):
            attempt.check()
        assert not kafka.came.is_set()


async def test_a_worker_that_ends_is_not_held_up_by_what_it_gave_up() -> None:
    """Cancelled and given up at once is cancelled: nobody goes on to another assignment."""
    async with silent_server() as kafka, asyncio.timeout(WITHIN_S):
        attempt, running = await begun(kafka)

        attempt.give_up()
        running.cancel()

        with pytest.raises(asyncio.CancelledError):
            await running


async def begun(kafka: Silent) -> tuple[Attempt, asyncio.Task[object]]:
    """Return an attempt that waits for an answer, and what runs it."""
    attempt = Attempt()
    running = asyncio.create_task(attempt.unless_given_up(reading(kafka)))
    await kafka.came.wait()
    return attempt, running


async def reading(kafka: Silent) -> object:
    return await recover([new_lane()], group="any", connection={"bootstrap_servers": kafka.address})
