"""One peer's runs: one in peace for its speed, one with a kill -9 in the middle of it."""

import asyncio
import secrets
import time
from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka import AIOKafkaConsumer

from streams.bench.child import RUN_MAX_S, BenchFailed, Child, program, within
from streams.bench.figures import Run
from streams.bench.ground import Ground
from streams.bench.kept import committed
from streams.bench.machine import cpu_s, memory_mib
from streams.topic_admin import wanted_config
from streams.topics import APP_ID, AVAILABILITY, JOURNAL, MOVEMENTS
from tests.bench.peers import topic
from tests.bench.peers.peer import Command, Peer
from tests.bench.peers.plan import Sizes
from tests.bench.peers.truth import WITHOUT_A_KILL, Outcome, outcome, truth, wrong
from tests.support.kafka import administering, create_topics, topic_names

LOOK_EVERY_S = 0.02
WARM_SHARE = 0.1  # of the entries, not counted: first connections, a compiler that warms up
KILLED_AT_SHARE = 1 / 3  # of the movements
KILLS_MAX = 3  # a run that was over when the kill came is run again
STILL_MAX_S = 150.0  # without a commit; a dead member's session lasts 60 s at the most
QUIET_S = 0.2  # without a new entry; what a dead process had sent arrives in milliseconds
GONE_MAX_S = 30.0  # Kafka deletes topics in the background
MS_PER_S = 1000
ROOT = Path(__file__).parents[3]  # where the programs of the peers are found from


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a running peer at one moment."""

    at_s: float  # the clock of this machine, as Kafka's
    committed: int
    cpu_s: float
    peak_mib: float


@dataclass(frozen=True, slots=True)
class Entrant:
    """A peer in one run: what it is called with, where its work is seen."""

    kafka: str
    command: Command
    group: str
    journal: str
    availability: str


class TooLate(Exception):
    """The kill came when everything was done."""


class Course:
    """Where a peer runs. Invariant: what a run has made is taken away before the next."""

    def __init__(self, at: Ground, sizes: Sizes, peer: Peer, command: Command) -> None:
        self._at, self._sizes, self._peer, self._command = at, sizes, peer, command
        self._kafka = at.settings.kafka or ""

    async def in_peace(self) -> Run:
        """Return the rate, the CPU, the memory, and what is wrong, of the topic as it is."""
        async with self._taking_part() as entrant:
            async with self._running(entrant, "peace") as running:
                looks = await self._until(running, entrant, await self._end())
            found = await outcome(self._kafka, entrant.journal, entrant.availability)
            return measured(found, looks) | _in_peace(wrong(found, await truth(self._kafka)))

    async def shaken(self) -> Run:
        """Return what is wrong after one kill -9, and how soon a peer goes on."""
        for _ in range(KILLS_MAX):
            try:
                return await self._shaken()
            except TooLate:
                continue
        raise BenchFailed(f"{self._peer.name} was done before the kill, {KILLS_MAX} times")

    async def _shaken(self) -> Run:
        movements = self._sizes.shaken_movements
        await topic.make(self._at, self._sizes, movements)
        async with self._taking_part() as entrant:
            await self._killed(entrant)
            await self._quiet(entrant)
            again_s = time.time()
            async with self._running(entrant, "again") as running:
                await self._until(running, entrant, await self._end())
            if not self._peer.recovers:
                found = await outcome(self._kafka, entrant.journal, entrant.availability)
                return wrong(found, await truth(self._kafka))
            await topic.add(self._at, self._sizes, movements)
            started_s = time.time()
            async with self._running(entrant, "restarted") as running:
                await self._until(running, entrant, await self._end())
            found = await outcome(self._kafka, entrant.journal, entrant.availability)
            return {
                "clean_start_s": next_entry_s(found, started_s),
                "start_after_kill_s": next_entry_s(found, again_s),
            } | wrong(found, await truth(self._kafka))

    async def _killed(self, entrant: Entrant) -> None:
        """Run a peer, and kill it by what it has entered: no moment between its commits is luck."""
        end = await self._end()
        async with self._running(entrant, "killed") as running, _paused(entrant) as journal:
            async with within(RUN_MAX_S, f"{self._peer.name}: a third entered"):
                while await _entered(journal) < end * KILLED_AT_SHARE:
                    running.check()
                    await asyncio.sleep(LOOK_EVERY_S)
            running.process.kill()
            await running.process.wait()
        async with administering(self._kafka) as admin:
            if await committed(admin, entrant.group) >= end:
                raise TooLate

    async def _quiet(self, entrant: Entrant) -> None:
        """Return once Kafka has taken what the dead one had on the wire."""
        async with _paused(entrant) as journal:
            before, now = -1, await _entered(journal)
            while before != now:
                await asyncio.sleep(QUIET_S)
                before, now = now, await _entered(journal)

    @asynccontextmanager
    async def _taking_part(self) -> AsyncIterator[Entrant]:
        """Give a peer its topics, and delete what it has made of them."""
        if not self._peer.has_own_topics:
            await self._at.sweep()
            yield Entrant(self._kafka, self._command, APP_ID, JOURNAL.name, AVAILABILITY.name)
            return
        app_id = f"{self._peer.name}-{secrets.token_hex(4)}"
        outputs = [f"{app_id}-journal", f"{app_id}-availability"]
        partitions = self._at.settings.partitions
        await create_topics(
            self._kafka, *outputs, partitions=partitions, config=wanted_config(MOVEMENTS)
        )
        if changelogs := [f"{app_id}-{name}" for name in self._peer.changelogs]:
            compact = {"cleanup.policy": "compact"}
            await create_topics(self._kafka, *changelogs, partitions=partitions, config=compact)
        folder = self._at.settings.home / app_id
        folder.mkdir()
        command = (*self._command, self._kafka, app_id, str(folder))
        try:
            yield Entrant(self._kafka, command, app_id, *outputs)
        finally:
            await self._delete_topics_of(app_id)

    async def _delete_topics_of(self, app_id: str) -> None:
        async with administering(self._kafka) as admin:
            await admin.delete_topics(
                [name for name in await admin.list_topics() if app_id in name]
            )

        async with within(GONE_MAX_S, f"the topics of {app_id} deleted"):
            while await self._has_topics_of(app_id):  # noqa: ASYNC110 (Kafka tells nobody)
                await asyncio.sleep(LOOK_EVERY_S)

    async def _has_topics_of(self, app_id: str) -> bool:
        return any(app_id in name for name in await topic_names(self._kafka))

    @asynccontextmanager
    async def _running(self, entrant: Entrant, name: str) -> AsyncIterator[Child]:
        name = f"{self._peer.name}-{name}"
        async with program(self._at, name, entrant.command, {"PYTHONPATH": str(ROOT)}) as running:
            yield running

    async def _end(self) -> int:
        """Return the offsets there are to be committed."""
        return sum((await self._at.ends(MOVEMENTS.name)).values())

    async def _until(self, running: Child, entrant: Entrant, wanted: int) -> list[Look]:
        """Return what was seen until so many offsets were committed."""
        looks: list[Look] = []
        async with (
            administering(self._kafka) as admin,
            within(RUN_MAX_S, f"{self._peer.name}: {wanted:,} offsets committed"),
        ):
            while True:
                look = _look(running, await committed(admin, entrant.group))
                looks.append(look)
                if look.committed >= wanted:
                    return looks
                if not _goes_on(looks):
                    raise BenchFailed(f"{self._peer.name} stands still at {look.committed:,}")
                if self._peer.recovers or running.process.returncode:
                    running.check()
                await asyncio.sleep(LOOK_EVERY_S)


def _goes_on(looks: Sequence[Look]) -> bool:
    """Say whether anything was committed lately; a look may be long ago, so all are asked."""
    since_s = looks[-1].at_s - STILL_MAX_S
    begin = bisect_left(looks, since_s, key=lambda look: look.at_s)
    return begin == 0 or looks[begin - 1].committed != looks[-1].committed


def _look(running: Child, committed: int) -> Look:
    try:
        return Look(time.time(), committed, cpu_s(running.pid), memory_mib(running.pid))
    except StopIteration:  # it has ended by itself, and nothing is told of it any more
        return Look(time.time(), committed, 0.0, 0.0)


@asynccontextmanager
async def _paused(entrant: Entrant) -> AsyncIterator[AIOKafkaConsumer]:
    """Give a consumer of a journal that fetches nothing."""
    consumer = AIOKafkaConsumer(entrant.journal, bootstrap_servers=entrant.kafka)
    await consumer.start()
    try:
        consumer.pause(*consumer.assignment())
        yield consumer
    finally:
        await consumer.stop()


async def _entered(journal: AIOKafkaConsumer) -> int:
    """Return how many records a journal has, those of open transactions too."""
    return sum((await journal.end_offsets(journal.assignment())).values())


def measured(found: Outcome, looks: Sequence[Look]) -> Run:
    """Return speed and CPU between two entries' arrival in Kafka.

    What a peer does after its last entry is not in it. Quix Streams writes its changelog only at
    its checkpoints, every 5 s: the last one, and the commit, are left out, in its favour.
    """
    if not found.appended_ms:
        raise BenchFailed("everything was committed, and there is no entry")
    ended_ms = found.appended_ms[-1]
    began_ms = found.appended_ms[int(len(found.appended_ms) * WARM_SHARE)]
    count = len(found.appended_ms) - bisect_left(found.appended_ms, began_ms + 1)
    took_s = max(1, ended_ms - began_ms) / MS_PER_S
    rate = {"movements_per_s": count / took_s}
    alive = [look for look in looks if look.peak_mib]
    if not alive:  # a system that tells neither CPU nor memory
        return rate
    cpu = _cpu_s_at(alive, ended_ms / MS_PER_S) - _cpu_s_at(alive, began_ms / MS_PER_S)
    return rate | {
        "cpu_s_per_million": cpu / max(1, count) * 1e6,
        "peak_memory_mib": max(look.peak_mib for look in alive),
    }


def _cpu_s_at(looks: Sequence[Look], at_s: float) -> float:
    return min(looks, key=lambda look: abs(look.at_s - at_s)).cpu_s


def next_entry_s(found: Outcome, since_s: float) -> float:
    """Return the seconds from a process's start to the next entry in Kafka, by its clock."""
    after = bisect_left(found.appended_ms, since_s * MS_PER_S)
    if after == len(found.appended_ms):
        raise BenchFailed("nothing was entered after a start")
    return found.appended_ms[after] / MS_PER_S - since_s


def _in_peace(wrongs: Run) -> Run:
    return {f"{name}{WITHOUT_A_KILL}": count for name, count in wrongs.items()}
