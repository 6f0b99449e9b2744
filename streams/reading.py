"""Reading Kafka from one offset to another, without a group: what has been, not what comes."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError

from streams.engine.fold import SourceRecord
from streams.engine.mark import MARK_KEY, Mark, parse_mark
from streams.kafka import connection
from streams.settings import Settings

FETCH_BYTES_MAX = 4 * 1024 * 1024
POLL_MS = 200
# A transaction that never ends holds readers up; Kafka ends it after its own timeout (10 s ours).
STALL_S = 60.0
TAIL_RECORDS = 64  # how far before a changelog's end its mark is looked for first

Offsets = dict[TopicPartition, int]


@asynccontextmanager
async def consumer_of(
    settings: Settings, isolation: Literal["read_committed", "read_uncommitted"]
) -> AsyncIterator[AIOKafkaConsumer]:
    """Give a started consumer that belongs to no group and commits nothing."""
    consumer = AIOKafkaConsumer(
        **connection(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level=isolation,
        max_partition_fetch_bytes=FETCH_BYTES_MAX,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def ends_written(settings: Settings, partitions: Sequence[TopicPartition]) -> Offsets:
    """Return the ends of partitions, open transactions included."""
    async with consumer_of(settings, "read_uncommitted") as consumer:
        return await consumer.end_offsets(partitions)


async def read_between(
    consumer: AIOKafkaConsumer, start: Mapping[TopicPartition, int], until: Offsets
) -> AsyncIterator[tuple[TopicPartition, Sequence[SourceRecord]]]:
    """Yield the records of partitions from `start` up to, and without, `until`.

    A partition is done when the consumer's *position* is there: the marks that end transactions
    take offsets too. Raises `KafkaTimeoutError` where nothing moves for a minute.
    """
    consumer.assign(list(start))
    for partition, offset in start.items():
        consumer.seek(partition, offset)
    positions = dict(start)
    moved_at = asyncio.get_running_loop().time()
    while left := [partition for partition in start if positions[partition] < until[partition]]:
        lists: Any = await consumer.getmany(*left, timeout_ms=POLL_MS)
        for partition, records in lists.items():
            yield partition, [record for record in records if record.offset < until[partition]]
        before = dict(positions)
        for partition in left:
            positions[partition] = await consumer.position(partition)
        now = asyncio.get_running_loop().time()
        if positions != before:
            moved_at = now
        elif now - moved_at > STALL_S:
            raise KafkaTimeoutError(f"nothing read for {STALL_S:.0f} s from {left[0]}")


async def read_marks(
    consumer: AIOKafkaConsumer, changelog: str, partitions: Iterable[int]
) -> dict[int, Mark]:
    """Return the mark of each partition of a changelog that has one.

    A lane writes its mark last, so it is among the last records, or there is none.
    """
    wanted = [TopicPartition(changelog, partition) for partition in partitions]
    beginnings = await consumer.beginning_offsets(wanted)
    ends = await consumer.end_offsets(wanted)
    marks: dict[int, Mark] = {}
    for partition in wanted:
        mark = await _last_mark(consumer, partition, beginnings[partition], ends[partition])
        if mark is not None:
            marks[partition.partition] = mark
    return marks


async def _last_mark(
    consumer: AIOKafkaConsumer, partition: TopicPartition, beginning: int, end: int
) -> Mark | None:
    reach = TAIL_RECORDS
    while True:
        start = max(beginning, end - reach)
        found: bytes | None = None
        async for _, records in read_between(consumer, {partition: start}, {partition: end}):
            for record in records:
                if record.key == MARK_KEY:
                    found = record.value
        if found is not None:
            return parse_mark(found)
        if start == beginning:
            return None
        reach *= 64  # aborted transactions may fill the tail
