"""Reading lanes back: changelog partitions, committed offsets, and whether a topic is the same one.

Runs after fencing and before the first record is taken, with a plain read_committed consumer.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from ledger.errors import UnreadableState
from streams.engine.found import Found
from streams.engine.lane import Lane
from streams.engine.mark import MARK_KEY, Mark, fingerprint, fingerprinted_offset, parse_mark
from streams.log import log

FETCH_BYTES_MAX = 4 * 1024 * 1024
POLL_MS = 200

Image = dict[bytes, bytes]

_closing: set[asyncio.Task[None]] = set()  # asyncio itself holds its tasks weakly


async def recover(
    lanes: Sequence[Lane], *, group: str, connection: Mapping[str, Any]
) -> dict[Lane, Found]:
    """Return what Kafka holds for each lane, all fenced before."""
    if not lanes:
        return {}
    reading = partial(_reading, group=group, connection=connection)
    changelogs = {TopicPartition(lane.changelog_topic, lane.partition): lane for lane in lanes}
    async with reading() as consumer:
        images, ends = await read_images(consumer, list(changelogs))
    async with reading() as consumer:
        return await _found(
            consumer,
            {lane: images[tp] for tp, lane in changelogs.items()},
            {lane: ends[tp] for tp, lane in changelogs.items()},
        )


@asynccontextmanager
async def _reading(group: str, connection: Mapping[str, Any]) -> AsyncIterator[AIOKafkaConsumer]:
    """Give a consumer to be assigned once: aiokafka 0.14 may not stop after a second time."""
    consumer = AIOKafkaConsumer(
        **connection,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=FETCH_BYTES_MAX,
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await _close(consumer)


async def _close(consumer: AIOKafkaConsumer) -> None:
    """Close it whole; who is cancelled meanwhile goes on, and leaves it to close by itself.

    It takes as long as Kafka does not answer, and a worker that gives up says so twice a second:
    aiokafka 0.14 does not begin a second time what was cut short, and fetches on for ever.
    """
    closing = asyncio.create_task(consumer.stop())
    _closing.add(closing)
    closing.add_done_callback(_closed)
    await asyncio.shield(closing)


def _closed(closing: asyncio.Task[None]) -> None:
    _closing.discard(closing)
    error = None if closing.cancelled() else closing.exception()
    if error is not None:
        log.warning("recovery.not_closed", error=str(error), kind=type(error).__name__)


async def _found(
    consumer: AIOKafkaConsumer, images: Mapping[Lane, Image], changelog_ends: Mapping[Lane, int]
) -> dict[Lane, Found]:
    sources = [TopicPartition(topic, lane.partition) for lane in images for topic in lane.sources]
    consumer.assign(sources)
    beginnings = await consumer.beginning_offsets(sources)
    ends = await consumer.end_offsets(sources)
    offsets = _last_offsets(images)
    seen = await _fingerprints(
        consumer, {tp: o for tp, o in offsets.items() if o >= beginnings[tp]}, ends
    )
    asked = await asyncio.gather(*map(consumer.committed, sources))
    committed = dict(zip(sources, asked, strict=True))
    found: dict[Lane, Found] = {}
    for lane, image in images.items():
        own = {t: TopicPartition(t, lane.partition) for t in lane.sources}
        found[lane] = Found(
            changelog=image,
            changelog_end=changelog_ends[lane],
            committed={t: committed[tp] for t, tp in own.items()},
            beginning={t: beginnings[tp] for t, tp in own.items()},
            end={t: ends[tp] for t, tp in own.items()},
            last_seen={t: seen.get(tp) for t, tp in own.items()},
        )
    return found


async def read_images(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]
) -> tuple[dict[TopicPartition, Image], dict[TopicPartition, int]]:
    """Assign compacted partitions; return the last value of every key, and where they ended.

    The end is reached when the consumer's *position* is there: commit markers take offsets too.
    """
    images: dict[TopicPartition, Any] = {tp: {} for tp in partitions}
    consumer.assign(partitions)
    ends = await consumer.end_offsets(partitions)
    await consumer.seek_to_beginning(*partitions)
    unfinished = {tp for tp in partitions if ends[tp]}
    while unfinished:
        for tp, records in (await consumer.getmany(*unfinished, timeout_ms=POLL_MS)).items():
            image = images[tp]
            for record in records:
                image[record.key] = record.value
        for tp in list(unfinished):
            if await consumer.position(tp) >= ends[tp]:
                unfinished.discard(tp)
    for image in images.values():
        for key in [key for key, value in image.items() if value is None]:
            del image[key]
    return images, ends


def _mark(image: Image) -> Mark:
    try:
        return parse_mark(image[MARK_KEY])
    except (KeyError, UnreadableState):
        return Mark()  # none, or one the lane itself refuses when it starts


def _last_offsets(images: Mapping[Lane, Image]) -> dict[TopicPartition, int]:
    """Return the offset of the last record that each mark has seen of each source."""
    return {
        TopicPartition(topic, lane.partition): fingerprinted_offset(text)
        for lane, image in images.items()
        for topic, text in _mark(image).last_seen.items()
        if topic in lane.sources
    }


async def _fingerprints(
    consumer: AIOKafkaConsumer,
    offsets: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
) -> dict[TopicPartition, str]:
    """Return the fingerprint of the first record at or after each offset, where there is one.

    In a topic that was made anew and grew past it, that is another record, or one further on.
    """
    waiting = {tp for tp, offset in offsets.items() if offset < ends[tp]}
    for tp in waiting:
        consumer.seek(tp, offsets[tp])
    seen: dict[TopicPartition, str] = {}
    while waiting:
        lists = await consumer.getmany(*waiting, timeout_ms=POLL_MS)
        seen |= {tp: fingerprint(records[0]) for tp, records in lists.items()}
        waiting -= lists.keys()
        waiting -= {tp for tp in waiting if await consumer.position(tp) >= ends[tp]}
    return seen


def by_agent(lanes: Iterable[Lane]) -> dict[str, list[int]]:
    """Return the partitions of each agent, for a log line."""
    partitions: dict[str, list[int]] = defaultdict(list)
    for lane in lanes:
        partitions[lane.agent].append(lane.partition)
    return dict(partitions)
