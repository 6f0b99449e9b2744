"""Reading Kafka from one offset to another, without a group: what has been, not what comes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
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
    settings: Settings,
    partitions: Sequence[TopicPartition],
    isolation: Literal["read_committed", "read_uncommitted"] = "read_committed",
    *,
    fetch_bytes_min: int = 1,
) -> AsyncIterator[AIOKafkaConsumer]:
    """Give a started consumer of these partitions that belongs to no group and commits nothing.

    A fetch is answered when there are `fetch_bytes_min`, or after 200 ms with what there is.

    It is assigned once: aiokafka 0.14 may never stop where it is stopped right after a second
    assignment (its fetching task swallows the cancellation while it awaits the former fetches).
    """
    consumer = AIOKafkaConsumer(
        **connection(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level=isolation,
        max_partition_fetch_bytes=FETCH_BYTES_MAX,
        fetch_min_bytes=fetch_bytes_min,
        fetch_max_wait_ms=POLL_MS,
    )
    await consumer.start()
    try:
        consumer.assign(partitions)
        # Let its tasks take their first step: aiokafka 0.14 raises the cancellation of one that
        # never began out of `stop`, where there was nothing to wait for in between.
        await asyncio.sleep(0)
        yield consumer
    finally:
        await consumer.stop()


async def ends_written(settings: Settings, partitions: Sequence[TopicPartition]) -> Offsets:
    """Return the ends of partitions, open transactions included."""
    async with consumer_of(settings, partitions, "read_uncommitted") as consumer:
        return await consumer.end_offsets(partitions)


async def read_between(
    consumer: AIOKafkaConsumer, start: Mapping[TopicPartition, int], until: Offsets
) -> AsyncIterator[tuple[TopicPartition, Sequence[SourceRecord]]]:
    """Yield the records of assigned partitions from `start` up to, and without, `until`.

    A partition is done when the consumer's *position* is there: the marks that end transactions
    take offsets too. Raises `KafkaTimeoutError` where nothing moves for a minute.
    """
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


async def read_last(
    settings: Settings,
    partitions: Sequence[TopicPartition],
    is_wanted: Callable[[SourceRecord], bool] = lambda _: True,
) -> dict[bytes, bytes]:
    """Return the last committed value of each key, as compaction would leave it; all is read."""
    last: dict[bytes, bytes | None] = {}
    async with consumer_of(settings, partitions) as consumer:
        beginnings = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        async for _, records in read_between(consumer, beginnings, ends):
            last |= {record.key or b"": record.value for record in records if is_wanted(record)}
    return {key: value for key, value in last.items() if value is not None}


async def read_marks(settings: Settings, changelog: str) -> dict[int, Mark]:
    """Return the mark of each partition of a changelog that has one.

    A lane writes its mark last, so it is among the last records, or there is none.
    """
    wanted = [TopicPartition(changelog, partition) for partition in range(settings.partitions)]
    async with consumer_of(settings, wanted) as consumer:
        beginnings = await consumer.beginning_offsets(wanted)
        ends = await consumer.end_offsets(wanted)
        found: dict[TopicPartition, Mark] = {}
        start = ends
        reach = TAIL_RECORDS
        while start:
            start = {tp: max(beginnings[tp], ends[tp] - reach) for tp in start}
            found |= await _marks_between(consumer, start, ends)
            start = {
                tp: offset
                for tp, offset in start.items()
                if tp not in found and offset > beginnings[tp]
            }
            reach *= 64  # aborted transactions may fill the tail
        return {partition.partition: mark for partition, mark in found.items()}


async def _marks_between(
    consumer: AIOKafkaConsumer, start: Offsets, ends: Offsets
) -> dict[TopicPartition, Mark]:
    found: dict[TopicPartition, Mark] = {}
    async for partition, records in read_between(consumer, start, ends):
        marks = [record.value for record in records if record.key == MARK_KEY]
        if marks:
            found[partition] = parse_mark(marks[-1])
    return found
