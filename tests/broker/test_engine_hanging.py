"""A transaction that hangs: its coordinator holds it complete, its partitions never heard of it.

Kafka leaves one behind now and then when it is stopped while a lane commits (`tests.faults F6`).
Here it is made: a broker that does not verify transactions takes records of one that nobody began.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from streams.broker import LocalKafka
from streams.broker.jvm import Jvm
from tests.support.folds import ADD, COPY
from tests.support.ground import Ground
from tests.support.own_lanes import OwnLanes

UNVERIFIED = {"transaction.partition.verification.enable": "false"}
SENT = 20


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    small = Jvm(heap_max="256m", quick_start=True)
    kafka = LocalKafka(tmp_path, port=0, jvm=small, properties=UNVERIFIED)
    kafka.start()
    try:
        async with Ground(kafka.bootstrap, tmp_path, partitions=1) as own:
            yield own
    finally:
        kafka.stop()


async def hang(ground: Ground, lane: str, *topics: str) -> None:
    """Leave records of the lane's producer in partitions, in a transaction nobody will end."""
    producer = AIOKafkaProducer(
        bootstrap_servers=ground.kafka, transactional_id=f"{ground.names.app_id}-{lane}-0"
    )
    await producer.start()
    try:
        await producer.begin_transaction()
        transactions: Any = producer._txn_manager
        transactions._txn_partitions.update(TopicPartition(topic, 0) for topic in topics)
        for topic in topics:
            await producer.send_and_wait(topic, b"never committed", key=b"K0", partition=0)
    finally:
        await producer.stop()


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
    await hang(ground, lane, *of_lane[lane])
    await ground.send(SENT)

    await lanes.assign()
    await lanes.run_to_the_end()
    await lanes.revoke()

    await ground.check()
    for topic in of_lane[lane]:
        everything = await ground.records(topic, committed=False)
        assert any(record.value == b"never committed" for record in everything)
