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
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition

from streams.engine.cutter import Writer
from streams.engine.described import Describing, describing
from streams.log import log

ENDED_WITHIN_S = 20.0  # longer: the process ends and begins anew, as with any failure
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Taken:
    """A lane that is taken over: its writer, its changelog, and the topics it writes besides."""

    writer: Writer
    changelog: TopicPartition
    topics: Collection[str]


@dataclass(frozen=True, slots=True)
class _Left:
    """What a lane's last transaction has left open."""

    writer: Writer
    places: Sequence[TopicPartition]


async def take_over(lanes: Sequence[Taken], connection: Mapping[str, Any]) -> None:
    """Fence the former owners, and end what hangs as Kafka had decided it."""
    async with describing(connection) as kafka:
        ids = [lane.writer.transactional_id for lane in lanes]
        committed = await kafka.committed_last(ids)
        await asyncio.gather(*(lane.writer.start() for lane in lanes))
        left = await _left(lanes, kafka)
        if not left:
            return
        told = [f"{tp.topic}/{tp.partition}" for each in left for tp in each.places]
        log.warning("lanes.transactions_hang", places=told)
        await asyncio.gather(
            *(
                each.writer.end_all_over(
                    each.places, commit=each.writer.transactional_id in committed
                )
                for each in left
            )
        )
        async with asyncio.timeout(ENDED_WITHIN_S):
            while await _left(lanes, kafka):  # noqa: ASYNC110 (Kafka tells nobody)
                await asyncio.sleep(LOOK_EVERY_S)


async def _left(lanes: Sequence[Taken], kafka: Describing) -> list[_Left]:
    """Return what the fenced lanes have open; they have begun nothing."""
    outputs = [await lane.writer.places_of(lane.topics) for lane in lanes]
    places = [[lane.changelog, *own] for lane, own in zip(lanes, outputs, strict=True)]
    opened = await kafka.open_in(tp for own in places for tp in own)
    left = [
        _Left(lane.writer, [tp for tp in own if lane.writer.producer_id in opened[tp]])
        for lane, own in zip(lanes, places, strict=True)
    ]
    return [each for each in left if each.places]
