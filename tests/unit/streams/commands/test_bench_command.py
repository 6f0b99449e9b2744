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
from streams.bench.figures import figures_of
from streams.bench.growth import CORES, SKUS_COLUMNS, WORKERS_COLUMNS
from streams.broker.exclusive import exclusive
from streams.broker.process import BrokerProcess
from streams.cli import stock
from streams.commands.bench import only_bench, require_writable, tell_growth
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


@pytest.mark.parametrize("svg", ["gone/x.svg", "folder", "file/x.svg"])
def test_where_no_curves_can_be_drawn_nothing_is_measured(svg: str, tmp_path: Path) -> None:
    """Not said half an hour later, when the figures would be lost."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    refused = bench(tmp_path / "home", "--quick", "--growth", str(tmp_path / svg))

    assert (refused.exit_code, refused.stdout) == (EXIT_USAGE, "")
    assert refused.stderr.startswith(f"stock: --growth {tmp_path / svg}: ")
    assert len(refused.stderr.splitlines()) == 1
    assert not (tmp_path / "home").exists()


def test_a_file_that_is_tried_stays_as_it_is(tmp_path: Path) -> None:
    """The curves of before until there are new ones; no empty file where none was."""
    old, new = tmp_path / "old.svg", tmp_path / "new.svg"
    old.write_text("<svg/>")
    for file in (old, new):
        require_writable(file)

    assert old.read_text() == "<svg/>"
    assert not new.exists()


def test_figures_are_told_though_no_curve_can_be_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A disk that is full by then costs the picture alone: one line, exit 78."""
    figures = [
        *figures_of("skus_1000", [dict.fromkeys(SKUS_COLUMNS, 7_654.0)]),
        *figures_of("workers_1", [dict.fromkeys((*WORKERS_COLUMNS, CORES), 1.0)]),
    ]
    with pytest.raises(SystemExit) as end:
        tell_growth(figures, "a machine", tmp_path / "gone" / "x.svg", as_json=False)
    said, complained = capsys.readouterr()

    assert end.value.code == EXIT_CONFIG
    assert "| 1,000 | 7,654 |" in said
    assert complained.startswith("stock: the figures are told, their curves are not drawn: ")


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
