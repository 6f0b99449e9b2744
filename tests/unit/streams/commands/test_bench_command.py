"""`stock bench` before and after it measures: what it refuses, and what it may take away.

That it measures is for `tests/broker/test_bench.py`.
"""

import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner, Result

from streams.bench.child import BenchFailed
from streams.broker.exclusive import exclusive
from streams.broker.process import BrokerProcess
from streams.cli import stock
from streams.commands.bench import only_bench
from streams.commands.say import EXIT_CONFIG, EXIT_USAGE
from streams.settings import Settings
from tests.support.processes import still_running


def bench(home: Path, *options: str) -> Result:
    return CliRunner().invoke(stock, ["bench", *options], env={"STOCK_HOME": str(home)})


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--growth", "x.svg", "--runs", "3"), "--runs does not go with --growth: each size runs"),
        (("--growth", "x.svg", "--only", "door"), "--only does not go with --growth: it measures"),
        (("--growth", "x.svg", "--peers"), "--growth does not go with --peers: one or the other"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    options: tuple[str, ...], why: str, tmp_path: Path
) -> None:
    """Nothing that was asked for is passed over without a word; nothing is measured."""
    refused = bench(tmp_path, *options)

    assert (refused.exit_code, refused.stdout) == (EXIT_USAGE, "")
    assert refused.stderr.startswith(f"stock: {why}")
    assert not list(tmp_path.iterdir())


def test_a_second_bench_takes_nothing_from_the_first(tmp_path: Path) -> None:
    """One clear line and exit 78; the folder of the first, its Kafka in it, stays as it is."""
    kept = tmp_path / "bench" / "kafka" / "records"
    kept.mkdir(parents=True)
    with exclusive(tmp_path / "bench.lock"):
        refused = bench(tmp_path, "--quick")

    assert refused.exit_code == EXIT_CONFIG
    assert refused.stderr.startswith(f"stock: another bench runs in {tmp_path}: end it with Ctrl-C")
    assert len(refused.stderr.splitlines()) == 1
    assert kept.exists()


def test_the_kafka_of_a_killed_bench_ends_before_its_folder_goes(tmp_path: Path) -> None:
    """Without its note of itself nobody would ever end it; a program stands for the broker."""
    folder = tmp_path / "bench" / "kafka"
    folder.mkdir(parents=True)
    left = BrokerProcess(folder)
    left.spawn([sys.executable, "-c", "import signal; signal.pause()"], 9)
    running = left.running()
    assert running is not None
    process = psutil.Process(running.pid)

    try:
        with only_bench(Settings(home=tmp_path)) as emptied:
            assert still_running([process]) == []
            assert list(emptied.iterdir()) == []
    finally:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def test_a_bench_that_failed_leaves_its_logs_to_be_read(tmp_path: Path) -> None:
    """One that has measured leaves nothing; the next one takes away what was left."""
    settings = Settings(home=tmp_path)
    with suppress(BenchFailed), only_bench(settings) as folder:
        (folder / "worker-0.log").touch()
        raise BenchFailed("as a process of it may")
    log = tmp_path / "bench" / "worker-0.log"
    assert log.exists()

    with only_bench(settings):
        assert not log.exists()
    assert not log.parent.exists()
