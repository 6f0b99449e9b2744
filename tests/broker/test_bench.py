"""`stock bench`: every benchmark runs; its figures at this size judge nothing."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from streams.bench.benches import NAMES
from streams.bench.growth import WORKERS
from streams.bench.machine import cores
from streams.broker import LocalKafka
from streams.broker.waiting import wait_until
from tests.support.processes import still_running

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]


BENCH = (sys.executable, "-m", "streams", "bench", "--quick", "--json")
READY_WITHIN_S = 60.0
ENDS_WITHIN_S = 60.0


def environment(home: Path) -> dict[str, str]:
    # All of it: where the jars are cached, each machine has its own place.
    return os.environ | {"STOCK_HOME": str(home)}


def measured(home: Path, *options: str) -> list[dict[str, Any]]:
    """Run the smallest sizes; return the figures."""
    told = subprocess.run(
        [*BENCH, *options],
        env=environment(home),
        capture_output=True,
        check=False,
        text=True,
    )

    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)["figures"]


def test_every_benchmark_gives_figures(tmp_path: Path) -> None:
    """With its own Kafka, in a folder of its own, which is gone at the end."""
    figures = measured(tmp_path)

    assert {figure["bench"] for figure in figures} == set(NAMES)
    # A worker of 500 cards may weigh less than an empty one.
    assert not [f for f in figures if f["median"] <= 0 and f["bench"] != "recovery"]
    assert not (tmp_path / "bench").exists()


def test_stopped_it_leaves_no_process(tmp_path: Path) -> None:
    """SIGTERM ends its Kafka and whatever is measured, in order; exit 130."""
    process = subprocess.Popen(
        [*BENCH, "--only", "bare_loop"],
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    kafka = LocalKafka(tmp_path / "bench")
    wait_until(lambda: kafka.status().is_ready or process.poll() is not None, READY_WITHIN_S)
    assert kafka.pid is not None
    broker = psutil.Process(kafka.pid)
    process.send_signal(signal.SIGTERM)

    _, complained = process.communicate(timeout=ENDS_WITHIN_S)
    assert process.returncode == 130, complained
    assert still_running([broker]) == []


def test_growth_tells_how_many_cores_its_workers_had(tmp_path: Path) -> None:
    """In the figures and in the picture, as this machine's cores are dealt."""
    svg = tmp_path / "growth.svg"
    figures = measured(tmp_path, "--growth", str(svg))
    had = {f["bench"]: f["median"] for f in figures if f["measure"] == "cores"}

    assert had == {f"workers_{number}": cores().among(number) for number in WORKERS}
    assert "movements/s on " in svg.read_text() or not any(had.values())
