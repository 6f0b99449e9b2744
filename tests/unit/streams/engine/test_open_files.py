"""The limit of open files, on processes that were started with another one each."""

import subprocess
import sys

import pytest

from streams.engine.open_files import BESIDES, PER_LANE

LANES = 100
NEEDED = LANES * PER_LANE + BESIDES
SAYS = f"""
from streams.engine.open_files import open_files_max, raise_open_files, too_few_for
raise_open_files()
print(open_files_max(), too_few_for({LANES}))
"""


def said(soft: int, hard: int) -> str:
    """Return what is allowed in a process that was started so, and what it says of its lanes."""
    limits = f'ulimit -Sn {soft} && ulimit -Hn {hard} && exec "$0" -c "$1"'
    return subprocess.run(
        ["/bin/sh", "-c", limits, sys.executable, SAYS],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    ).stdout.strip()


@pytest.mark.parametrize("soft", [NEEDED - 1, NEEDED])
def test_as_many_are_taken_as_the_system_grants(soft: int) -> None:
    """The usual limit is one that every program may raise by itself."""
    assert f"{NEEDED} None" == said(soft, NEEDED)


def test_too_few_are_told_with_the_numbers_and_what_to_do() -> None:
    """What cannot work is not left to be found out."""
    told = said(NEEDED - 1, NEEDED - 1)

    assert told.startswith(f"{NEEDED - 1} 100 lanes take some {NEEDED} open files")
    assert "`ulimit -n`" in told
