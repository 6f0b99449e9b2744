"""A measured process: on the core that was dealt to it."""

import os
import sys
from pathlib import Path

import pytest

from streams.bench.child import program
from streams.bench.ground import Ground
from streams.bench.machine import Cores
from streams.settings import Settings

WAITS = (sys.executable, "-c", "import signal; signal.pause()")


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system cannot pin")
async def test_a_process_runs_on_the_core_of_its_number(tmp_path: Path) -> None:
    """The first again after the last."""
    usable = sorted(os.sched_getaffinity(0))
    ground = Ground(Settings(home=tmp_path), os.environ, Cores(tuple(usable)))

    for number in range(len(usable) + 1):
        async with program(ground, "waits", WAITS, {}, number=number) as running:
            assert os.sched_getaffinity(running.pid) == {usable[number % len(usable)]}
