"""A transaction that hangs: its coordinator holds it complete, its partitions never heard of it.

Kafka leaves one behind now and then when it is stopped while a lane commits (`tests.faults F6`).
Here it is made: a broker that does not verify transactions takes records of one that nobody began.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.folds import ADD, COPY
from tests.support.ground import Ground
from tests.support.hanging import NEVER, hang, unverifying_kafka
from tests.support.own_lanes import OwnLanes

SENT = 20


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    kafka = unverifying_kafka(tmp_path)
    kafka.start()
    try:
        async with Ground(kafka.bootstrap, tmp_path, partitions=1) as own:
            yield own
    finally:
        kafka.stop()


@pytest.mark.parametrize("lane", [COPY, ADD])
async def test_what_hangs_is_aborted_before_the_lane_is_read(ground: Ground, lane: str) -> None:
    """No part of it is seen, no reader waits behind it, and the lanes go on where they were."""
    names, lanes = ground.names, OwnLanes(ground)
    await ground.send(SENT)
    await lanes.assign()
    await lanes.run_to_the_end()
    await lanes.revoke()
    of_lane = {
        COPY: (names.movements, names.copy_changelog),
        ADD: (names.output, names.add_changelog),
    }
    await hang(ground.kafka, f"{names.app_id}-{lane}-0", *of_lane[lane])
    await ground.send(SENT)

    await lanes.assign()
    await lanes.run_to_the_end()
    await lanes.revoke()

    await ground.check()
    for topic in of_lane[lane]:
        everything = await ground.records(topic, committed=False)
        assert any(record.value == NEVER for record in everything)
