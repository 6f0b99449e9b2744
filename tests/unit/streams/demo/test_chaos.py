"""`--chaos` by a clock that is passed in: how often it kills, and whom.

That processes die, and that Kafka runs afterwards, is for `tests/broker/test_chaos.py`.
"""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any, cast

import pytest

from streams.demo.chaos import KILL_EVERY_S, wreak
from streams.demo.stage import Stage
from streams.roles import roles_of
from streams.settings import Settings

KILLS = 4_000
NAMES = ("door", "worker-1", "worker-2")


@dataclass
class Program:
    """Stands for a process of the system's: dead once killed, until it is started again."""

    returncode: int | None = None

    def kill(self) -> None:
        if self.returncode is not None:
            raise ProcessLookupError
        self.returncode = -9


@dataclass
class World:
    """A clock that moves when somebody waits; what is dead runs again some seconds later."""

    stage: Stage
    back_after_s: float
    now_s: float = 0.0
    kills: list[float] = field(default_factory=list[float])
    back_at_s: dict[str, float] = field(default_factory=dict[str, float])

    def started(self, name: str) -> None:
        self.stage.processes[name] = cast("asyncio.subprocess.Process", Program())

    def killed(self, name: str) -> None:
        self.kills.append(self.now_s)
        self.back_at_s[name] = self.now_s + self.back_after_s

    async def wait(self, stop: asyncio.Event, seconds: float) -> bool:
        """Let seconds pass, not one of them for real; ends what would kill for ever."""
        self.now_s += max(0.0, seconds)
        for name in [name for name, at in self.back_at_s.items() if at <= self.now_s]:
            del self.back_at_s[name]
            self.started(name)
        if len(self.kills) >= KILLS:
            stop.set()
        return stop.is_set()

    @property
    def gaps_s(self) -> list[float]:
        return [later - sooner for sooner, later in zip(self.kills, self.kills[1:], strict=False)]


async def wrecked(folder: Path, back_after_s: float, names: tuple[str, ...] = NAMES) -> World:
    """Return a world after so many kills."""
    settings = Settings(home=folder)
    world = World(Stage(settings, roles_of(settings, 2)), back_after_s)
    for name in names:
        world.started(name)
    given: Any = {"seed": 7, "wait": world.wait}
    await wreak(world.stage, None, world.killed, asyncio.Event(), **given)
    return world


@pytest.mark.parametrize("back_after_s", [0.0, 3.0, 10.0])
async def test_kills_that_hit_come_as_often_as_is_said(back_after_s: float, tmp_path: Path) -> None:
    """However long the dead stay away, as long as somebody runs: he is drawn then."""
    world = await wrecked(tmp_path, back_after_s)

    assert fmean(world.gaps_s) == pytest.approx(KILL_EVERY_S, rel=0.08)


async def test_kills_come_one_by_one_and_not_in_bursts(tmp_path: Path) -> None:
    """Gaps are exponential from the last kill: a twentieth of them is shorter than a second."""
    gaps_s = (await wrecked(tmp_path, 5.0)).gaps_s
    short = sum(gap < KILL_EVERY_S / 20 for gap in gaps_s) / len(gaps_s)

    assert short == pytest.approx(0.049, abs=0.015)


async def test_where_nobody_runs_the_first_that_does_is_hit(tmp_path: Path) -> None:
    """No draw is lost on the dead: the kill waits, and the next gap begins with it."""
    gaps_s = (await wrecked(tmp_path, 60.0, ("worker-1",))).gaps_s

    assert min(gaps_s) == pytest.approx(60.0, abs=0.5)
    assert fmean(gaps_s) == pytest.approx(61.0, abs=0.5)
