"""Taking lanes over: what Kafka decided of their last transactions is made so in every partition.

Kafka 4.4 takes a partition that has no leader for deleted, and leaves out the markers of
transactions that are on their way to it. That is so for a moment when a single broker is stopped
in good order, or has not beaten for its session, starved or frozen (`python -m tests.faults F6
F23`). For their coordinator such transactions are complete; in the partitions they hang, readers
wait behind them, and the next transaction of the lane would end them, whichever way it ends.

A lane begins no transaction before the one before is settled (`settling`), so what hangs is of its
last one, or of one that was begun and aborted when the lane was taken over: never of both.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.engine.cutter import Writer
from streams.engine.decision import committed_last
from streams.log import log

# What others have open is over by then: Kafka aborts it after 10 s.
OTHERS_WITHIN_S = 15.0
ENDED_WITHIN_S = 20.0  # longer: the process ends and begins anew, as with any failure
LOOK_EVERY_S = 0.1

Ends = dict[TopicPartition, int]


@dataclass(frozen=True, slots=True)
class Taken:
    """A lane that is taken over: its writer, its changelog, and the topics it writes besides."""

    writer: Writer
    changelog: TopicPartition
    topics: Collection[str]


async def take_over(lanes: Sequence[Taken], connection: Mapping[str, Any]) -> None:
    """Fence the former owners, and end what hangs as Kafka had decided it."""
    ids = [lane.writer.transactional_id for lane in lanes]
    committed = await committed_last(ids, connection)
    await asyncio.gather(*(lane.writer.start() for lane in lanes))
    outputs = [await lane.writer.places_of(lane.topics) for lane in lanes]
    places = {lane.changelog: own for lane, own in zip(lanes, outputs, strict=True)}
    async with _reading("read_committed", connection) as stable:
        hanging = await _hanging(places, stable, connection)
        if not hanging:
            return
        told = [f"{tp.topic}/{tp.partition}" for tp in hanging]
        log.warning("lanes.transactions_hang", places=told)
        await asyncio.gather(
            *(
                lane.writer.end_all_over(
                    _to_end(lane.changelog, places[lane.changelog], hanging),
                    commit=lane.writer.transactional_id in committed,
                )
                for lane in lanes
            )
        )
        async with asyncio.timeout(ENDED_WITHIN_S):
            while await _open(hanging, stable):  # noqa: ASYNC110 (Kafka tells nobody)
                await asyncio.sleep(LOOK_EVERY_S)


def _to_end(
    changelog: TopicPartition, outputs: Sequence[TopicPartition], hanging: Ends
) -> list[TopicPartition]:
    """Return where a lane may have left something: all over, if its changelog hangs."""
    if changelog in hanging:
        return [changelog, *outputs]
    return [tp for tp in outputs if tp in hanging]


async def _hanging(
    places: Mapping[TopicPartition, Sequence[TopicPartition]],
    stable: AIOKafkaConsumer,
    connection: Mapping[str, Any],
) -> Ends:
    """Return where a transaction stays open: in a changelog, which has one writer, or elsewhere."""
    everywhere = places.keys() | {tp for own in places.values() for tp in own}
    async with _reading("read_uncommitted", connection) as everything:
        written = await everything.end_offsets(list(everywhere))
    loop = asyncio.get_running_loop()
    until = loop.time() + OTHERS_WITHIN_S
    while left := await _open(written, stable):
        if loop.time() > until or (left.keys() & places.keys()):
            return left
        await asyncio.sleep(LOOK_EVERY_S)
    return {}


async def _open(written: Ends, stable: AIOKafkaConsumer) -> Ends:
    reached = await stable.end_offsets(list(written))
    return {tp: end for tp, end in written.items() if reached[tp] < end}


@asynccontextmanager
async def _reading(
    level: Literal["read_committed", "read_uncommitted"], connection: Mapping[str, Any]
) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(**connection, isolation_level=level, enable_auto_commit=False)
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()
