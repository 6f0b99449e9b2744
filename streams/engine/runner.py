"""Lanes in motion: takes lists, paces the cuts, ends the process on any failure."""

import asyncio
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import ConsumerRecord

from streams.engine.attempt import Attempt, GivenUp
from streams.engine.cutter import Cutter
from streams.engine.errors import EngineError, FoldFailed, RefusesToRun
from streams.engine.fold import Fold
from streams.engine.lane import Lane, RecordList
from streams.engine.memory import give_back_memory
from streams.engine.observer import Observer
from streams.engine.pace import Pace
from streams.engine.recovery import by_agent
from streams.engine.settling import Settling
from streams.engine.starting import start_lanes, stop_lanes
from streams.engine.transaction import LaneWriter
from streams.log import log

DRAIN_TIMEOUT_S = 5.0  # on revoke; what is not committed by then is folded again by the next owner


@dataclass(frozen=True, slots=True)
class Agent:
    """What the engine must know of one agent to run its lanes."""

    name: str
    sources: Sequence[str]  # topics it reads, co-partitioned
    changelog_topic: str
    new_fold: Callable[[int], Fold]
    read_first: str | None = None  # a source to be read to its end before the others
    writes: Sequence[str] = ()  # topics, beside the changelog


class Lanes:
    """All lanes this process owns now; assigned and dropped as a whole."""

    def __init__(
        self,
        agents: Sequence[Agent],
        *,
        group: str,
        partitions: int,
        pace: Pace,
        connection: Mapping[str, Any],
        fail: Callable[[BaseException], None],
    ) -> None:
        self.agents = tuple(agents)
        self.ready = False
        self.observer = Observer()
        self._group = group
        self._partitions = partitions
        self._pace = pace
        self._connection = connection
        self._fail = fail
        self._settling = Settling(connection)
        self._turn = asyncio.Lock()  # of the lanes that go on with what a record has set off
        self._attempt = Attempt()
        self._running: dict[tuple[str, int], Cutter] = {}  # by agent and partition
        self._by_source = {topic: agent for agent in agents for topic in agent.sources}

    def lanes(self) -> list[Lane]:
        """Return the lanes owned now."""
        return [running.lane for running in self._running.values()]

    def lane(self, agent: str, partition: int) -> Lane | None:
        """Return one lane, if this process owns it."""
        running = self._running.get((agent, partition))
        return running.lane if running else None

    def agent_of(self, topic: str) -> str:
        """Return the agent that reads a source topic."""
        return self._by_source[topic].name

    def recovered_to(self, agent: str, partition: int) -> int | None:
        """Return the changelog offset a lane was read back to, if this process owns it."""
        lane = self.lane(agent, partition)
        return lane.recovered_to if lane else None

    def lane_of(self, topic: str, partition: int) -> Lane | None:
        """Return the lane that reads this source partition, if this process owns it."""
        agent = self._by_source.get(topic)
        return self.lane(agent.name, partition) if agent else None

    async def assign(self, assigned: Iterable[tuple[str, int]]) -> bool:
        """Fence, recover, start: every lane of the assignment anew, kept ones too.

        False where it was given up: no lane is owned, and the next assignment is on its way.
        """
        self._attempt = Attempt()
        await self.revoke()
        started = asyncio.get_running_loop().time()
        partitions = _co_assigned(assigned, self._by_source, self._partitions)
        owned = [self._new(agent, p) for agent in self.agents for p in sorted(partitions)]
        try:
            await start_lanes(
                owned,
                self._attempt,
                writes={agent.name: agent.writes for agent in self.agents},
                group=self._group,
                connection=self._connection,
            )
        except GivenUp:
            log.info("lanes.given_up")
            return False
        for running in owned:
            running.start()
            self._running[running.lane.agent, running.lane.partition] = running
        give_back_memory()
        log.info("lanes.assigned", **by_agent(self.lanes()))
        self.observer.recovered(asyncio.get_running_loop().time() - started)
        self.ready = True
        return True

    def give_up(self) -> None:
        """Let go of an assignment that is being taken: the group deals anew, or the worker stops.

        What is fenced is ended first: else what Kafka had decided of it would be forgotten.
        """
        self._attempt.give_up()

    def resumed(self) -> None:
        """Have lanes go on, and say again where they stand, now that Faust has begun to read.

        Not before: Faust would see the changelog grow beyond what was recovered, and wait for it.
        """
        for running in self._running.values():
            if running.lane.positions_uncut:
                log.warning("lane.offsets_behind", lane=repr(running.lane))
            if running.lane.positions_uncut or running.lane.fold.is_unfinished:
                running.begin()

    async def revoke(self) -> None:
        """Stop taking, finish what is open, close the producers, drop the state."""
        self.ready = False
        running, self._running = list(self._running.values()), {}
        try:
            async with asyncio.timeout(DRAIN_TIMEOUT_S):
                await asyncio.gather(*(r.drain() for r in running))
        except TimeoutError:
            log.warning("lanes.drain_timed_out", timeout_s=DRAIN_TIMEOUT_S)
        await stop_lanes(running)
        await self._settling.stop()

    def take(self, taken: RecordList) -> int | None:
        """Fold a list; return the offset to seek back to if it was not taken, or not whole."""
        agent = self._by_source[taken.topic]
        running = self._running.get((agent.name, taken.partition))
        if running is None:
            return None
        try:
            is_taken = running.take(taken)
        except Exception as error:  # noqa: BLE001 (outermost frame of a fold: the process ends)
            self._fail(_fold_failed(running.lane, taken, error))
            return None
        return None if is_taken else running.lane.next_offset[taken.topic]

    def wants(self, topic: str, partition: int) -> bool:
        """Say whether records of a source partition may be fetched now (asked by any thread)."""
        agent = self._by_source.get(topic)
        running = self._running.get((agent.name, partition)) if agent else None
        if running is None:
            return False
        return running.lane.wants(topic, pending_max=self._pace.cut_records_max)

    def _new(self, agent: Agent, partition: int) -> Cutter:
        lane = _new_lane(agent, partition)
        writer = LaneWriter(
            lane,
            group=self._group,
            transaction_timeout_ms=self._pace.transaction_timeout_ms,
            connection=self._connection,
            settling=self._settling,
        )
        return Cutter(
            lane,
            writer,
            pace=self._pace,
            fail=self._fail,
            observe=self.observer.cut,
            turn=self._turn,
        )


def _new_lane(agent: Agent, partition: int) -> Lane:
    return Lane(
        agent.name,
        partition,
        sources=agent.sources,
        read_first=agent.read_first,
        changelog_topic=agent.changelog_topic,
        fold=agent.new_fold(partition),
    )


def _co_assigned(
    assigned: Iterable[tuple[str, int]], sources: Collection[str], made_with: int
) -> set[int]:
    """Return the partitions that every source has; each must have them all."""
    by_topic: dict[str, set[int]] = {topic: set() for topic in sources}
    for topic, partition in assigned:
        if topic in by_topic:
            by_topic[topic].add(partition)
    partitions = set.union(*by_topic.values())
    beyond = [p for p in partitions if p >= made_with]
    if beyond or any(partitions != own for own in by_topic.values()):
        together = {topic: sorted(own) for topic, own in by_topic.items()}
        raise RefusesToRun(
            f"topics are not assigned together, {made_with} partitions each: "
            f"{together}. Every worker must run the same version, and every topic have the "
            "partitions it was made with: `stock topics check`."
        )
    return partitions


def _fold_failed(lane: Lane, taken: RecordList, error: Exception) -> EngineError:
    where = f"{taken.topic}/{taken.partition} offset {_offset_in_hand(error, taken.before)}"
    failure = FoldFailed(
        f"{lane}: {type(error).__name__}: {error} "
        f"(at {where}, in a list from {taken.before} to {taken.after})",
        place=f"{lane} {type(error).__name__} {where}",
    )
    failure.__cause__ = error
    return failure


def _offset_in_hand(error: Exception, first: int) -> int:
    """Return the offset of the record that the failing code held, else the list's first."""
    held = [
        value.offset
        for frame, _ in traceback.walk_tb(error.__traceback__)
        for value in frame.f_locals.values()
        if isinstance(value, ConsumerRecord)
    ]
    return held[-1] if held else first
