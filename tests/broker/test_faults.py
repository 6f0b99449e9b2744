"""One of each family of faults, as `python -m tests.faults` runs them by the hundred.

Kills, freezes, joins and a broker killed are in `test_day_under_fire.py`, lost changelogs in
`test_rebuild.py`, another partition count in `test_engine_faults.py`. Not here: what takes minutes
(the broker away for long, a million fuzzed bodies), and a bad network, which wants one of its own.
"""

import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from streams.topics import TRANSLATE
from tests.faults import (
    f01_kill_9,
    f02_named_points,
    f04_stop_under_load,
    f06_broker_restart,
    f10_poison,
    f13_disk_full,
    f14_clocks,
    f16_state_lost,
    f18_topic_made_anew,
    f22_all_at_once,
    f23_broker_frozen,
)
from tests.faults.fault import BITES, Fault
from tests.faults.ground import Ground
from tests.faults.pointed import POINTS
from tests.faults.runs import Runs, Wanted

BODIES = 1_000
DAYS = 20  # of lines: more than one strike waits for
STARTS_S_MIN = 0.5  # a worker from nothing; the feed alone goes on five times as soon

pytestmark = pytest.mark.timeout(600)


async def failures(folder: Path, faults: Sequence[Fault], wanted: Wanted) -> list[str]:
    """Run faults; return what did not bite, and whatever was not as it must be."""
    return [
        f"{result.name}: {result.bites} bites, {result.violations}"
        async for result in Runs(folder, wanted).run(faults)
        if not result.is_good
    ]


async def test_a_death_between_two_steps_a_stop_and_poison(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No figure pays for a commit whose answer nobody heard, a stop under load, or a bad body."""
    monkeypatch.setattr(f10_poison, "BODIES", BODIES)
    unheard = partial(f02_named_points.die_at, "keep_stock.commit_asked")
    faults = (
        replace(f02_named_points.FAULT, strike=unheard),
        f04_stop_under_load.FAULT,
        f10_poison.FAULT,
    )

    assert await failures(tmp_path, faults, Wanted(times=1)) == []


@pytest.mark.long
async def test_a_kill_of_who_held_nothing_is_no_bite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It held lanes when it was chosen; what counts is the moment of the kill."""
    monkeypatch.setattr(f01_kill_9, "DOOR_SHARE", 0.0)
    async with Ground(tmp_path / "ground", days=DAYS) as ground, ground.feeding():

        async def freeze(_: float) -> None:
            signal_all(ground, signal.SIGSTOP)  # nobody says any more that it holds partitions

        monkeypatch.setattr(ground, "moment", freeze)
        done = await f01_kill_9.strike(ground)
        signal_all(ground, signal.SIGCONT)

    assert (done[BITES], done["held none"]) == (0, 1)


def signal_all(ground: Ground, number: signal.Signals) -> None:
    for worker in ground.crew.workers:
        worker.process.send_signal(number)


@pytest.mark.long
async def test_a_recovery_inside_a_strike_is_timed(tmp_path: Path) -> None:
    """Whoever waits until all is well tells how long it took, in a strike or after it."""
    runs = Runs(tmp_path, Wanted(times=1, days=DAYS))
    (result,) = [result async for result in runs.run([f16_state_lost.FAULT])]

    assert result.violations == []
    assert result.recovery_s_max is not None
    assert result.recovery_s_max > STARTS_S_MIN


@pytest.mark.long
async def test_a_death_at_every_named_point(tmp_path: Path) -> None:
    """Wherever between fencing, reading back and commit a worker dies, the next one goes on.

    Of keep_stock: translate's are the same engine's.
    """
    points = [point for point in POINTS if not point.startswith(TRANSLATE)]
    left = iter(points)

    async def strike(ground: Ground) -> Counter[str]:
        return await f02_named_points.die_at(next(left), ground)

    fault = replace(f02_named_points.FAULT, strike=strike, tries=len(points))
    assert await failures(tmp_path, (fault,), Wanted()) == []


@pytest.mark.long
async def test_a_broker_stopped_or_frozen_wrong_clocks_and_lost_folders(tmp_path: Path) -> None:
    """Each is survived on one and the same ground, and its history is sound after each.

    A memory squeeze (F20) is no test: whether it bites is up to what the worker has freed before.
    """
    faults = (
        replace(f06_broker_restart.FAULT, tries=2),
        replace(f23_broker_frozen.FAULT, tries=1),
        replace(f14_clocks.FAULT, tries=1),
        replace(f16_state_lost.FAULT, tries=2),
    )

    assert await failures(tmp_path, faults, Wanted()) == []


@pytest.mark.long
@pytest.mark.parametrize("fault", [f13_disk_full.FAULT, f18_topic_made_anew.FAULT])
async def test_a_fault_with_a_ground_of_its_own(fault: Fault, tmp_path: Path) -> None:
    """A full disk is waited for; a topic made anew is refused."""
    assert await failures(tmp_path, (fault,), Wanted(times=1)) == []


@pytest.mark.long
async def test_the_swarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute of everything at once."""
    monkeypatch.setattr(f10_poison, "BODIES", BODIES)

    assert await failures(tmp_path, (f22_all_at_once.FAULT,), Wanted(minutes=1)) == []
