"""Faults on a real broker: whatever is killed or frozen, each number is added once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.ground import Ground


@pytest.fixture
async def ground(kafka: str, tmp_path: Path) -> AsyncIterator[Ground]:
    async with Ground(kafka, tmp_path) as own:
        yield own


async def test_kill_9_in_the_middle_of_load(ground: Ground) -> None:
    """A crash of a worker costs seconds, not records."""
    first = ground.start()
    await first.ready()
    async with ground.load():
        await ground.until_added(200)
        await first.kill()
        second = ground.start()
        await second.ready()

    await ground.settled()
    await ground.check()
