"""The door and the workers of a ground: kept running, looked at, and asked what they hold."""

import asyncio
import signal
import time
from collections import Counter, deque
from collections.abc import Iterator

import aiohttp
import psutil

from streams.broker.ports import draw_port
from streams.engine.end import EXIT_REFUSES
from tests.faults.ends import is_excused, kind_of, last_line
from tests.support.history import Violation
from tests.support.kafka import eventually
from tests.support.system import PROGRAM, SECRET, Role, System
from tests.support.workers import LOG_TAIL_CHARS

LOOK_EVERY_S = 0.1
BACK_OFF_S = 0.5  # between two starts: a worker that finds no Kafka ends at once
ANSWERS_WITHIN_S = 1.0
EXIT_WITHIN_S = 30.0
REFUSES_WITHIN_S = 120.0
LINE_TOLD_MAX = 300
FENCED = ("ProducerFenced", "fenced", "InvalidProducerEpoch")


class Crew:
    """Whoever dies is started again, until as many run as are wanted."""

    def __init__(self, system: System, wanted: int) -> None:
        self.system = system
        self.wanted = wanted  # workers
        self.programs: deque[tuple[str, ...]] = deque()  # of the next workers started
        self.ports: deque[int] = deque()  # likewise; else one that is free
        self.door_program: tuple[str, ...] = PROGRAM
        self.door = system.start_door(draw_port())
        self.exits: Counter[str] = Counter()  # by exit code
        self.fenced = 0  # workers that ended because another had taken over
        self.is_calm = False  # nothing is done that a process may end of: any end is a failure
        self.rss_max_bytes: Counter[str] = Counter()  # by kind of role; cleared by who asks
        self._start_again_at = 0.0
        self._ended: set[str] = set()
        self._asked: set[str] = set()  # told to stop
        self._squeezed: set[str] = set()
        self._failed: list[Violation] = []

    @property
    def workers(self) -> list[Role]:
        """Return the workers that run, frozen or not, the oldest first."""
        return [role for role in self.system.roles if role.runs and role is not self.door]

    async def keep(self) -> None:
        """Start whoever is missing; until cancelled."""
        while True:
            self._look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def holding(self, role: Role) -> list[int] | None:
        """Return the partitions a worker says it holds; None while it is not ready."""
        timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as client,
                client.get(f"{role.url}/readyz") as answer,
            ):
                if answer.status != 200:
                    return None
                return (await answer.json()).get("partitions", [])
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def is_whole(self) -> bool:
        """Say whether as many run as are wanted, and all partitions are held by them, once."""
        workers = self.workers
        if len(workers) != self.wanted or await self.holding(self.door) is None:
            return False
        held = [await self.holding(worker) for worker in workers]
        together = [number for each in held for number in each or ()]
        return None not in held and sorted(together) == list(range(self.system.partitions))

    async def leave(self, role: Role) -> int:
        """Stop a role in good order; return its exit code. The caller says how many it wants."""
        self._asked.add(role.name)
        role.process.send_signal(signal.SIGTERM)
        await eventually(lambda: not role.runs, EXIT_WITHIN_S)
        return role.process.returncode

    def squeezed(self, role: Role) -> None:
        """Take its end for want of memory for no failure: it may not have more."""
        self._squeezed.add(role.name)

    def workers_after(self, roles: int) -> list[Role]:
        """Return the workers started after so many roles, the oldest first; dead ones too."""
        return [role for role in self.system.roles[roles:] if _kind(role) == "worker"]

    async def owners(self) -> dict[int, str]:
        """Return the worker that holds each partition, where one does."""
        held = [(worker.name, await self.holding(worker)) for worker in self.workers]
        return {number: name for name, numbers in held for number in numbers or ()}

    async def kill_workers(self) -> None:
        """Kill all workers; nobody starts others until some are wanted."""
        self.wanted = 0
        for worker in self.workers:
            worker.process.kill()
            await asyncio.to_thread(worker.process.wait)

    async def refusal(self) -> str:
        """Start a worker that must refuse to run; return what it says."""
        worker = self.system.start_worker()
        self._ended.add(worker.name)  # its end is no failure
        await eventually(lambda: not worker.runs, REFUSES_WITHIN_S)

        assert worker.process.returncode == EXIT_REFUSES, worker.log[-LOG_TAIL_CHARS:]
        return worker.log

    def failures(self) -> Iterator[Violation]:
        """Return what no fault excuses: an end that is not weather, a secret in a log."""
        self._look()
        for role in self.system.roles:
            if role.runs and SECRET in role.log:
                yield Violation("I16", role.name, "", "the secret is in its log")
        yield from self._failed
        self._failed = []

    def _look(self) -> None:
        for role in self.system.roles:
            if role.runs:
                self._weigh(role)
            elif role.name not in self._ended:
                self._ended.add(role.name)
                self._note_end(role)
        if not self.door.runs:
            self.door = self.system.start_door(self.door.port, self.door_program)
        now = time.monotonic()
        if len(self.workers) < self.wanted and now > self._start_again_at:
            self._start_again_at = now + BACK_OFF_S
            program = self.programs.popleft() if self.programs else PROGRAM
            self.system.start_worker(program, self.ports.popleft() if self.ports else 0)

    def _weigh(self, role: Role) -> None:
        try:
            rss = psutil.Process(role.process.pid).memory_info().rss
        except psutil.NoSuchProcess:
            return
        self.rss_max_bytes[_kind(role)] = max(self.rss_max_bytes[_kind(role)], rss)

    def _note_end(self, role: Role) -> None:
        log, code = role.log, role.process.wait()
        self.exits[f"{_kind(role)} {code}"] += 1
        self.fenced += any(word in log for word in FENCED)
        asked, squeezed = role.name in self._asked, role.name in self._squeezed
        if not is_excused(log, code, asked=asked, squeezed=squeezed, calm=self.is_calm):
            self._failed.append(_failed(role.name, log, code))
        if SECRET in log:
            self._failed.append(Violation("I16", role.name, "", "the secret is in its log"))


def _kind(role: Role) -> str:
    """Return `door` or `worker`."""
    return role.name.partition("-")[0]


def _failed(name: str, log: str, code: int) -> Violation:
    told = f"it ended ({code}): {kind_of(log, code)}; its log ends: {last_line(log)}"
    return Violation("I13", name, "", told[:LINE_TOLD_MAX])
