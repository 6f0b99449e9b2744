"""Taking lanes over: what Kafka decided of their last transactions is made so in every partition.

Kafka 4.4 takes a partition that has no leader for deleted, and leaves out the markers of
transactions that are on their way to it. That is so for a moment when a single broker is stopped
in good order, or has not beaten for its session, starved or frozen (`python -m tests.faults F6
F23`). For their coordinator such transactions are complete; in the partitions they hang, readers
wait behind them, and the next transaction of the lane would end them, whichever way it ends.

A lane begins no transaction before the one before is settled (`settling`), so what hangs is of its
last one, or of one that was begun and aborted when the lane was taken over: never of both.

The coordinator forgets what it decided when it fences. So all that may have to be waited for is
asked before, and what was committed is ended in the same breath as its lane is fenced.
"""

import asyncio
from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition

from streams.engine.cutter import Writer
from streams.engine.described import Describing, describing
from streams.engine.open_files import PER_LANE, open_files_max
from streams.engine.within import within
from streams.log import log

LOOKED_WITHIN_S = 30.0  # longer: a command ends, with nothing fenced; a worker waits for longer
ENDED_WITHIN_S = 20.0  # longer: the process ends and begins anew, as with any failure
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Taken:
    """A lane that is taken over: its writer, its changelog, and the topics it writes besides."""

    writer: Writer
    changelog: TopicPartition
    topics: Collection[str]


class TakeOver:
    """Lanes being taken over; invariant: from a fence to its end, nothing else is waited for."""

    def __init__(self, lanes: Sequence[Taken], kafka: Describing) -> None:
        self._lanes = {lane.writer.transactional_id: lane for lane in lanes}
        self._kafka = kafka
        self._places: dict[str, list[TopicPartition]] = {}  # by transactional id, as all below
        self._hanging: dict[TopicPartition, set[int]] = {}  # at the last look
        self._committed: set[str] = set()
        self._fenced: set[str] = set()
        self._ended: set[tuple[str, TopicPartition]] = set()

    async def look(self, within_s: float = LOOKED_WITHIN_S) -> None:
        """Learn where the lanes write, what is open there, and how their last transactions ended.

        That waits for every partition to have a leader, and every lane its coordinator; beyond the
        time it raises `KafkaTimeoutError`. Nothing is fenced yet: it may be given up.
        """
        async with within(within_s, lambda: self._not_told(within_s)):
            await self._look()

    async def _look(self) -> None:
        places = await self._kafka.places_of(
            {t for own in self._lanes.values() for t in own.topics}
        )
        self._places = {
            each: [lane.changelog, *(place for topic in lane.topics for place in places[topic])]
            for each, lane in self._lanes.items()
        }
        await self._look_again()
        self._committed = await self._kafka.committed_last(self._lanes)

    async def fence(self) -> None:
        """Fence the former owners, and end what hangs as Kafka had decided it.

        Raises `KafkaTimeoutError` where that is not done in time.
        """
        async with within(ENDED_WITHIN_S, self._not_ended):
            await _each_to_its_end(map(self._fence, self._lanes))
            await self._look_again()
            while any(self._left(each) for each in self._lanes):
                await _each_to_its_end(map(self._end, self._lanes))
                await asyncio.sleep(LOOK_EVERY_S)
                await self._look_again()

    async def _fence(self, each: str) -> None:
        await self._lanes[each].writer.start()
        self._fenced.add(each)
        if each in self._committed:
            await self._end(each)

    async def _end(self, each: str) -> None:
        """End what the lane has open and was not ended before; it has begun nothing."""
        left = [place for place in self._left(each) if (each, place) not in self._ended]
        if not left:
            return
        log.warning("lanes.transactions_hang", places=[f"{p.topic}/{p.partition}" for p in left])
        await self._lanes[each].writer.end_all_over(left, commit=each in self._committed)
        self._ended.update((each, place) for place in left)

    def _left(self, each: str) -> list[TopicPartition]:
        producer_id = self._lanes[each].writer.producer_id
        return [place for place in self._places[each] if producer_id in self._hanging[place]]

    def _not_told(self, within_s: float) -> str:
        return (
            f"how the last transactions of {len(self._lanes)} lanes ended, and where one is open, "
            f"was not to be learnt within {within_s:.0f} s: see that every broker runs, and every "
            f"partition has a leader. What Kafka refused last: {self._kafka.refusal_last}"
        )

    def _not_ended(self) -> str:
        unfenced = len(self._lanes) - len(self._fenced)
        if unfenced:
            return (
                f"{unfenced} of {len(self._lanes)} lanes were not fenced within "
                f"{ENDED_WITHIN_S:.0f} s: see that every broker runs and answers, and that the "
                f"{open_files_max():,} open files this process may have (`ulimit -n`) are enough: "
                f"each lane takes {PER_LANE} where Kafka is one broker, more where it is several"
            )
        left = {f"{p.topic}/{p.partition}" for each in self._lanes for p in self._left(each)}
        if not left:
            return self._not_told(ENDED_WITHIN_S)
        return (
            f"earlier transactions are still open after {ENDED_WITHIN_S:.0f} s, in "
            f"{', '.join(sorted(left))}: see that every broker runs and answers"
        )

    async def _look_again(self) -> None:
        self._hanging = await self._kafka.open_in(
            place for own in self._places.values() for place in own
        )


async def take_over(lanes: Sequence[Taken], connection: Mapping[str, Any]) -> None:
    """Look, and fence, at one stretch; raises `KafkaTimeoutError` where either takes too long."""
    async with describing(connection) as kafka:
        taking = TakeOver(lanes, kafka)
        await taking.look()
        await taking.fence()


async def _each_to_its_end(doing: Iterable[Awaitable[None]]) -> None:
    """Wait for all of them, whatever one of them raises; then raise it."""
    for failure in await asyncio.gather(*doing, return_exceptions=True):
        if failure is not None:
            raise failure
