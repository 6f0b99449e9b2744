"""Lanes that are being taken, where there is no Kafka that answers."""

import asyncio

from streams.engine.runner import Lanes
from tests.support.folds import agents
from tests.support.made_lanes import NAMES
from tests.support.own_lanes import PACE
from tests.support.silent import silent_server

WITHIN_S = 5.0


async def test_an_assignment_is_given_up_before_its_lanes_are_fenced() -> None:
    """Neither a worker that is told to stop nor a group that deals anew waits for Kafka."""
    failures: list[BaseException] = []
    async with silent_server() as kafka, asyncio.timeout(WITHIN_S):
        lanes = Lanes(
            agents(NAMES),
            group=NAMES.app_id,
            partitions=1,
            pace=PACE,
            connection={"bootstrap_servers": kafka.address},
            fail=failures.append,
        )
        sources = (NAMES.deliveries, NAMES.movements, NAMES.products)
        assigning = asyncio.create_task(lanes.assign((topic, 0) for topic in sources))
        await kafka.came.wait()
        lanes.give_up()

        assert not await assigning
        assert not lanes.lanes()
        await kafka.left.wait()
    assert not failures
