"""What is asked of a fault before a ground is made for it."""

from collections import Counter
from pathlib import Path

import pytest

from tests.faults.__main__ import arguments, wanted_of
from tests.faults.fault import BITES, Fault
from tests.faults.ground import Ground
from tests.faults.runs import Result, Runs, Wanted


def test_the_command_line_says_what_is_wanted() -> None:
    """Each option by its own name: one more is not taken for another."""
    options = ("--times", "2", "--minutes", "3", "--seed", "4", "--rate", "5", "--keep", "here")

    wanted = wanted_of(arguments(("F1", *options)))

    assert wanted == Wanted(times=2, minutes=3, seed=4, a_second=5, keep=Path("here"))


async def never(ground: Ground) -> Counter[str]:
    raise AssertionError(f"{ground.folder} was struck")


@pytest.mark.parametrize("apart", [False, True])
async def test_what_is_missing_is_asked_once_a_run(tmp_path: Path, *, apart: bool) -> None:
    """Whoever is asked may have to mount a disk to find out."""
    asked: list[str] = []

    def lacks() -> str:
        asked.append("F13")
        return "no disk"

    fault = Fault("F13", "disk full", "it ended", never, apart=apart, lacks=lacks)
    results = [result async for result in Runs(tmp_path, Wanted()).run([fault])]

    assert [result.skipped for result in results] == ["no disk"]
    assert asked == ["F13"]


async def test_a_strike_bites_once(tmp_path: Path) -> None:
    """None in n is of independent tries: what one strike does more of is a note of it."""

    async def strike(_: Ground) -> Counter[str]:
        return Counter({BITES: 4})

    fault = Fault("F5", "join and leave", "partitions moved", strike)
    result = Result(fault.name, fault.title, fault.proof)
    await Runs(tmp_path, Wanted())._strike(Ground(tmp_path / "ground", days=1), fault, result)

    assert result.violations == ["AssertionError: 4 bites of one strike"]
    assert (result.tries, result.bites) == (1, 0)


def test_a_run_begins_with_the_first_case_and_goes_on_from_ground_to_ground(tmp_path: Path) -> None:
    """A fault that spoils its ground strikes its cases on one ground after another."""
    cases = ("ahead", "behind")
    run, another = (Runs(tmp_path, Wanted(days=1)) for _ in range(2))
    fault = Fault("F14", "clocks", "wrong", never)
    first, last = (run._made(fault, tmp_path / "ground") for _ in range(2))
    struck = [ground.in_turn(cases) for ground in (first, last, last)]

    assert struck == [*cases, "ahead"]
    assert another._made(fault, tmp_path / "ground").in_turn(cases) == "ahead"


@pytest.mark.parametrize(("calm", "session_ms"), [(False, 3_000), (True, 8_000)])
def test_where_nobody_may_end_the_session_outlasts_a_busy_machine(
    tmp_path: Path, *, calm: bool, session_ms: int
) -> None:
    """A worker that was counted out for a slow moment has ended: of a calm fault, a violation."""
    fault = Fault("F9", "told twice", "repeats", never, calm=calm)
    ground = Runs(tmp_path, Wanted(days=1))._made(fault, tmp_path / "ground")

    assert f"session_timeout_ms = {session_ms}\n" in ground.system.toml
