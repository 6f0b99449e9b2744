"""What is asked of a fault before a ground is made for it."""

from collections import Counter
from pathlib import Path

import pytest

from tests.faults.fault import Fault
from tests.faults.ground import Ground
from tests.faults.runs import Runs, Wanted


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
