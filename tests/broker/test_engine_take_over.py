"""A transaction that hangs: its coordinator holds it complete, its partitions never heard of it.

Kafka leaves one behind when a partition has no leader at the moment a lane commits (`tests.faults
F6 F23`). Here it is made: a broker that does not verify transactions takes records of one that
nobody began.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError

from streams.engine import settling as settling_module
from streams.engine import take_over as take_over_module
from streams.engine.settling import NotSettled, Settling
from streams.engine.take_over import Taken, take_over
from streams.engine.transaction import LaneWriter
from streams.rebuild.run import Owned
from tests.support.folds import ADD, COPY
from tests.support.ground import Ground
from tests.support.hanging import DECIDED, NEVER, decide, hang, unverifying_kafka
from tests.support.kafka import create_topics
from tests.support.own_lanes import OwnLanes
from tests.support.silent import silent_server

SENT = 20
NOT_SETTLED_WITHIN_S = 3.0  # of what never will be; else as long as the lanes wait themselves
CUT_SHORT_S = 3.0  # after what takes no more than some round trips


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


async def test_what_kafka_decided_is_made_so_where_it_left_it_out(ground: Ground) -> None:
    """A lane's last transaction was committed: where it is still open, it is committed too."""
    names, lanes = ground.names, OwnLanes(ground)
    aside = f"{names.app_id}.aside"
    await create_topics(ground.kafka, aside)
    await ground.send(SENT)
    await lanes.assign()
    await lanes.run_to_the_end()
    await lanes.revoke()
    await decide(ground.kafka, f"{names.app_id}-{ADD}-0", aside, names.output)

    await lanes.assign()
    await lanes.revoke()

    seen = await ground.records(names.output)
    assert [record.value for record in seen].count(DECIDED) == 1


async def test_what_kafka_decided_outlives_a_taking_over_that_is_cut_short(ground: Ground) -> None:
    """Each lane is ended as soon as it is fenced, whatever the others wait for.

    Fenced and not ended, Kafka would have forgotten that it was to be committed.
    """
    names, lanes = ground.names, OwnLanes(ground)
    aside = f"{names.app_id}.aside"
    await create_topics(ground.kafka, aside)
    await decide(ground.kafka, f"{names.app_id}-{ADD}-0", aside, names.output)
    async with silent_server() as silent:
        add = writer_of(ground, Owned(ADD, 0, names.add_changelog), ground.kafka)
        copy = writer_of(ground, Owned(COPY, 0, names.copy_changelog), silent.address)
        taken = [
            Taken(add, TopicPartition(names.add_changelog, 0), [names.output]),
            Taken(copy, TopicPartition(names.copy_changelog, 0), [names.movements]),
        ]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(CUT_SHORT_S):
                await take_over(taken, {"bootstrap_servers": ground.kafka})
        await asyncio.gather(add.stop(), copy.stop())

    await lanes.assign()
    await lanes.revoke()

    seen = await ground.records(names.output)
    assert [record.value for record in seen].count(DECIDED) == 1


class WithoutEffect(LaneWriter):
    """Stands for a Kafka that leaves the markers out each time."""

    async def end_all_over(self, places: Iterable[TopicPartition], *, commit: bool) -> None:
        """End nothing."""


async def test_what_goes_on_hanging_is_named(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads a worker's last words learns which partition to look at."""
    monkeypatch.setattr(take_over_module, "ENDED_WITHIN_S", CUT_SHORT_S)
    names = ground.names
    await hang(ground.kafka, f"{names.app_id}-{ADD}-0", names.output)
    lane = Owned(ADD, 0, names.add_changelog)
    writer = writer_of(ground, lane, ground.kafka, WithoutEffect)
    taken = Taken(writer, TopicPartition(names.add_changelog, 0), [names.output])

    with pytest.raises(KafkaTimeoutError, match=re.escape(f"open after 3 s, in {names.output}/0")):
        await take_over([taken], {"bootstrap_servers": ground.kafka})
    await writer.stop()


def writer_of(
    ground: Ground, lane: Owned, kafka: str, kind: type[LaneWriter] = LaneWriter
) -> LaneWriter:
    connection = {"bootstrap_servers": kafka}
    return kind(
        lane,
        group=ground.names.app_id,
        transaction_timeout_ms=10_000,
        connection=connection,
        settling=Settling(connection),
    )


async def test_a_commit_that_is_left_out_somewhere_is_not_settled(
    ground: Ground, settling: Settling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lane whose commit some partition does not show ends, and says of which."""
    monkeypatch.setattr(settling_module, "SETTLED_WITHIN_S", NOT_SETTLED_WITHIN_S)
    names = ground.names
    aside = f"{names.app_id}.aside"
    await create_topics(ground.kafka, aside)
    producer_id, written = await decide(ground.kafka, "a-lane", aside, names.output)

    with pytest.raises(NotSettled, match=re.escape(f"{names.output}/0")):
        await settling.settled(written, producer_id)


async def test_what_others_have_open_holds_nobody_up(ground: Ground, settling: Settling) -> None:
    """A commit is settled though somebody else writes to the same partition for long."""
    names = ground.names
    await hang(ground.kafka, "somebody", names.output)
    producer_id, written = await decide(ground.kafka, "a-lane", names.output)

    await settling.settled(written | {TopicPartition(names.output, 0): 1}, producer_id)


@pytest.fixture
async def settling(ground: Ground) -> AsyncIterator[Settling]:
    own = Settling({"bootstrap_servers": ground.kafka})
    yield own
    await own.stop()
