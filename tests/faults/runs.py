"""Running faults: strike, heal, drain, hold the history against the invariants, tell."""

import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.faults.fault import BITES, Fault
from tests.faults.ground import DAYS, SESSION_MS, Ground
from tests.support.workers import STEADY_SESSION_MS

CHECK_EVERY_S = 600.0  # of a fault that lasts
VIOLATIONS_TOLD_MAX = 20


@dataclass(slots=True)
class Result:
    """What became of one fault."""

    name: str
    title: str
    proof: str
    tries: int = 0
    bites: int = 0
    notes: Counter[str] = field(default_factory=Counter[str])
    violations: list[str] = field(default_factory=list[str])
    recovery_s_max: float | None = None  # of those that somebody waited for
    recoveries: int = 0  # waited for; fewer than tries where several bites heal as one
    took_s: float = 0.0
    seed: int = 0
    skipped: str | None = None

    @property
    def is_good(self) -> bool:
        """Say whether it bit and nothing is wrong, or it could not be run here."""
        return self.skipped is not None or (self.bites > 0 and not self.violations)

    def add(self, other: Self) -> None:
        """Count another run of the same fault."""
        self.tries += other.tries
        self.bites += other.bites
        self.notes.update(other.notes)
        self.violations += other.violations
        self.recovery_s_max = _worst(self.recovery_s_max, other.recovery_s_max)
        self.recoveries += other.recoveries
        self.took_s += other.took_s
        self.skipped = self.skipped and other.skipped

    def recovered(self, took_s: Sequence[float]) -> None:
        """Count recoveries by what each took; where nobody waited for one, none is told."""
        self.recovery_s_max = _worst(self.recovery_s_max, *took_s)
        self.recoveries += len(took_s)

    def facts(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self) | {"notes": dict(self.notes)}


def _worst(*seen_s: float | None) -> float | None:
    return max((one_s for one_s in seen_s if one_s is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How often, how long, how fast, and by which chance."""

    times: int | None = None
    minutes: float = 1.0
    seed: int = 1
    a_second: float = 40.0
    days: int = DAYS  # of lines there are to tell: fewer are written sooner
    keep: Path | None = None  # where a ground with a violation is left to be looked at


class Runs:
    """One ground for all faults that leave one behind that can be healed, another for the calm."""

    def __init__(self, folder: Path, wanted: Wanted) -> None:
        self._folder, self._wanted = folder, wanted
        self._grounds = 0
        self._turns: Counter[tuple[str, ...]] = Counter()
        self._lacks: dict[str, str | None] = {}  # by fault: what this machine has not

    async def run(self, faults: Sequence[Fault]) -> AsyncIterator[Result]:
        """Run each fault; yield what became of it, and how long it took."""
        began = time.monotonic()
        async for result in self._run(faults):
            result.took_s, began = time.monotonic() - began, time.monotonic()
            yield result

    async def _run(self, faults: Sequence[Fault]) -> AsyncIterator[Result]:
        shared = [fault for fault in faults if not (fault.apart or fault.spoils)]
        for calm in (True, False):  # each with a session of its own
            async for result in self._shared([fault for fault in shared if fault.calm is calm]):
                yield result
        for fault in faults:
            if fault not in shared:
                yield await self._alone(fault)

    async def _shared(self, faults: Sequence[Fault]) -> AsyncIterator[Result]:
        for fault in faults:
            if self._lacking(fault):
                yield self._skipped(fault)
        left = [fault for fault in faults if not self._lacking(fault)]
        while left:
            async with self._ground(left[0]) as ground:
                async for result in self._on(ground, left):
                    yield result

    async def _on(self, ground: Ground, left: list[Fault]) -> AsyncIterator[Result]:
        """Run what is left, up to a violation: the next begins on sound ground."""
        while left:
            fault = left.pop(0)
            result = self._result(fault)
            await self._strike_all(ground, fault, result)
            yield result
            if result.violations:
                return

    async def _alone(self, fault: Fault) -> Result:
        if self._lacking(fault):
            return self._skipped(fault)
        result = self._result(fault)
        for _ in range(self._times(fault) if fault.spoils else 1):
            async with self._ground(fault) as ground:
                await (self._spoil if fault.spoils else self._strike_all)(ground, fault, result)
        return result

    async def _spoil(self, ground: Ground, fault: Fault, result: Result) -> None:
        async with self._noting(result), ground.feeding():
            await ground.flows()
        await self._strike(ground, fault, result)
        result.violations += map(str, ground.crew.failures())

    async def _strike_all(self, ground: Ground, fault: Fault, result: Result) -> None:
        """Strike as often or as long as wanted; now and then, and at the end, heal and check."""
        until = time.monotonic() + 60 * self._wanted.minutes
        ground.crew.is_calm = fault.calm
        while True:
            portion_until = min(until, time.monotonic() + CHECK_EVERY_S)
            async with self._noting(result), ground.feeding():
                await self._strike_until(portion_until, ground, fault, result)
            async with self._noting(result):
                await ground.drained()
                found = await ground.violations()
                result.violations += map(str, found[:VIOLATIONS_TOLD_MAX])
            if result.violations and self._wanted.keep:
                shutil.copytree(ground.folder, self._wanted.keep / f"{fault.name}-{ground.seed}")
            if not fault.lasts or result.violations or time.monotonic() > until:
                break
        result.notes.update({f"exit {code}": n for code, n in ground.crew.exits.items()})
        result.notes["fenced"] += ground.crew.fenced
        result.recovered(ground.recoveries_s)
        ground.recoveries_s.clear()
        ground.crew.exits.clear()
        ground.crew.fenced = 0

    async def _strike_until(
        self, until: float, ground: Ground, fault: Fault, result: Result
    ) -> None:
        while self._goes_on(fault, result, until):
            await self._strike(ground, fault, result)
            if fault.heals:
                await ground.healed()
        await ground.healed()

    def _goes_on(self, fault: Fault, result: Result, until: float) -> bool:
        if result.violations:
            return False
        return time.monotonic() < until if fault.lasts else result.tries < self._times(fault)

    async def _strike(self, ground: Ground, fault: Fault, result: Result) -> None:
        result.tries += 1
        async with self._noting(result):
            done = await fault.strike(ground)
            bit = done.pop(BITES, 0)
            assert bit in (0, 1), f"{bit} bites of one strike"
            result.bites += bit
            result.notes.update(done)

    @asynccontextmanager
    async def _noting(self, result: Result) -> AsyncIterator[None]:
        """Take what fails for a violation."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 (whatever it is, the run tells and goes on)
            result.violations.append(f"{type(error).__name__}: {error}"[:2_000])

    @asynccontextmanager
    async def _ground(self, fault: Fault) -> AsyncIterator[Ground]:
        self._grounds += 1
        folder = self._folder / f"ground-{self._grounds}"
        with fault.around(folder):
            async with self._made(fault, folder) as ground:
                yield ground

    def _made(self, fault: Fault, folder: Path) -> Ground:
        """Return a ground on which cases go on in their turn, after those of the one before."""
        seed = self._wanted.seed + self._grounds - 1
        session_ms = STEADY_SESSION_MS if fault.calm else SESSION_MS
        a_second, days = self._wanted.a_second, self._wanted.days
        ground = Ground(folder, seed=seed, a_second=a_second, days=days, session_ms=session_ms)
        ground.turns = self._turns
        return ground

    def _times(self, fault: Fault) -> int:
        return fault.tries if self._wanted.times is None else self._wanted.times

    def _result(self, fault: Fault) -> Result:
        return Result(fault.name, fault.title, fault.proof, seed=self._wanted.seed)

    def _skipped(self, fault: Fault) -> Result:
        return Result(fault.name, fault.title, fault.proof, skipped=self._lacking(fault))

    def _lacking(self, fault: Fault) -> str | None:
        """Ask once a run: some mount a disk to find out."""
        if fault.name not in self._lacks:
            self._lacks[fault.name] = fault.lacks()
        return self._lacks[fault.name]
