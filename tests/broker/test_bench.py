"""`stock bench`: every benchmark runs; its figures at this size judge nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from streams.bench.benches import NAMES


@pytest.mark.long
@pytest.mark.timeout(400)
def test_every_benchmark_gives_figures(tmp_path: Path) -> None:
    """With its own Kafka, in a folder of its own, which is gone at the end."""
    told = subprocess.run(
        [sys.executable, "-m", "streams", "bench", "--quick", "--json"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "STOCK_HOME": str(tmp_path)},
        capture_output=True,
        check=False,
        text=True,
    )

    assert told.returncode == 0, told.stderr
    figures = json.loads(told.stdout)["figures"]
    assert {figure["bench"] for figure in figures} == set(NAMES)
    # A worker of 500 cards may weigh less than an empty one.
    assert not [f for f in figures if f["median"] <= 0 and f["bench"] != "recovery"]
    assert not (tmp_path / "bench").exists()
