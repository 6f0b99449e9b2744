"""What a fetch may bring besides records, through a real worker: positions move, nothing else does.

Sources written by transactions have commit markers and aborted records, which take offsets and
are never seen. The lane commits past them, or a restart would meet them again for ever.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tests.support.ground import Ground
from tests.support.kafka import administering, eventually
from tests.support.numbers import Number

AT_ONCE = 5  # records of a transaction, and of a list at the most: a fetch ends before the marker
COMMITTED_WITHIN_S = 60.0


@pytest.fixture
async def ground(kafka: str, tmp_path: Path) -> AsyncIterator[Ground]:
    async with Ground(kafka, tmp_path, partitions=1) as own:
        yield own


async def test_lists_that_end_just_before_a_marker(ground: Ground) -> None:
    """Full lists and nothing but markers between them: taken, committed, and taken up again."""
    worker = ground.start(STOCK_ENGINE__POLL_RECORDS_MAX=str(AT_ONCE))
    await worker.ready()
    async with transactional(ground) as producer:
        for _ in range(4):
            await send(ground, producer, commit=True)
    await ground.settled()
    await committed_to_the_end(ground)
    await worker.kill()
    again = ground.start()
    await again.ready()
    await ground.send(20)

    await ground.settled()
    await ground.check()


async def test_aborted_records_and_markers_alone(ground: Ground) -> None:
    """What was aborted is passed, alone or between what was committed, before and after a start."""
    async with transactional(ground) as producer:
        for commit in (False, True, False):
            await send(ground, producer, commit=commit)
        worker = ground.start()
        await worker.ready()
        await ground.settled()
        await committed_to_the_end(ground)
        await send(ground, producer, commit=False)
        await committed_to_the_end(ground)
        await send(ground, producer, commit=True)

    await ground.settled()
    await ground.check()


@asynccontextmanager
async def transactional(ground: Ground) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        bootstrap_servers=ground.kafka, transactional_id=f"{ground.names.app_id}-writer"
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def send(ground: Ground, producer: AIOKafkaProducer, *, commit: bool) -> None:
    """Send the next numbers, and commit or abort them."""
    numbers = [Number(len(ground.sent) + i) for i in range(AT_ONCE)]
    await producer.begin_transaction()
    for number in numbers:
        await producer.send(ground.names.deliveries, number.value, number.key, partition=0)
    if commit:
        await producer.commit_transaction()
        ground.sent += numbers
    else:
        await producer.flush()
        await producer.abort_transaction()


async def committed_to_the_end(ground: Ground) -> None:
    """Wait until the group's offsets are where the topics end: no lag for anybody who looks."""
    topics = (ground.names.deliveries, ground.names.movements)
    sources = [TopicPartition(topic, 0) for topic in topics]
    consumer = AIOKafkaConsumer(bootstrap_servers=ground.kafka)
    await consumer.start()
    try:
        async with administering(ground.kafka) as admin:

            async def is_so() -> bool:
                offsets = await admin.list_consumer_group_offsets(ground.names.app_id)
                ends = await consumer.end_offsets(sources)
                return all(
                    tp in offsets and offsets[tp].offset == end for tp, end in ends.items() if end
                )

            await eventually(is_so, COMMITTED_WITHIN_S)
    finally:
        await consumer.stop()
