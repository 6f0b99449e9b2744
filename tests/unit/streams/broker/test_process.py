"""The process of a folder: found by whoever looks, never mistaken for another."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.broker.process import BrokerProcess
from streams.broker.waiting import wait_until

SLEEPS = ["/bin/sleep", "600"]
DEAF = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
signal.pause()
"""
PORT = 29092  # noted only; nobody listens here


@pytest.fixture
def process(tmp_path: Path) -> Iterator[BrokerProcess]:
    process = BrokerProcess(tmp_path)
    yield process
    process.end(signal.SIGKILL, within_s=10)


def test_nothing_runs_in_a_folder_without_a_note(process: BrokerProcess) -> None:
    """The state before the first start."""
    assert process.running() is None


def test_process_is_found_by_whoever_looks(process: BrokerProcess, tmp_path: Path) -> None:
    """`stop` is another process than `start`."""
    process.spawn(SLEEPS, PORT)

    running = BrokerProcess(tmp_path).running()

    assert running is not None
    assert (PORT, process.running()) == (running.port, running)


def test_number_that_went_to_another_process_is_not_taken_for_ours(
    process: BrokerProcess, tmp_path: Path
) -> None:
    """After a crash the system may give the noted number away: here, to this test itself."""
    (tmp_path / "pid").write_text(f"{os.getpid()} {PORT}\n")

    assert process.running() is None
    assert process.end(signal.SIGKILL, within_s=1)


def test_killed_process_does_not_run(process: BrokerProcess) -> None:
    """Killed from outside, with nobody there to tell."""
    process.spawn(SLEEPS, PORT)
    running = process.running()
    assert running is not None

    os.kill(running.pid, signal.SIGKILL)

    assert wait_until(lambda: process.running() is None, within_s=10)


def test_new_process_follows_a_killed_one(process: BrokerProcess) -> None:
    """The note of the dead is written over."""
    process.spawn(SLEEPS, PORT)
    process.end(signal.SIGKILL, within_s=10)
    process.spawn(SLEEPS, PORT + 2)

    running = process.running()

    assert running is not None
    assert running.port == PORT + 2


def test_process_that_ignores_sigterm_is_said_to_run_on(
    process: BrokerProcess, tmp_path: Path
) -> None:
    """Only then is force in place."""
    process.spawn([sys.executable, "-c", DEAF], PORT)
    assert wait_until(lambda: "deaf" in (tmp_path / "console.log").read_text(), within_s=10)

    assert not process.end(signal.SIGTERM, within_s=0.2)
    assert process.end(signal.SIGKILL, within_s=10)


def test_ctrl_c_is_not_for_the_broker(process: BrokerProcess) -> None:
    """A terminal sends SIGINT to a session's processes; the broker has one of its own."""
    process.spawn(SLEEPS, PORT)
    running = process.running()
    assert running is not None

    assert os.getsid(0) != os.getsid(running.pid)


def test_what_a_process_says_goes_to_a_file_and_is_remembered(
    process: BrokerProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing of Java's reaches the terminal."""
    process.spawn(["/bin/sh", "-c", "echo Invalid maximum heap size: -Xmx2x >&2; exit 1"], PORT)
    assert wait_until(lambda: process.running() is None, within_s=10)

    assert process.last_words() == "Invalid maximum heap size: -Xmx2x"
    assert capfd.readouterr() == ("", "")
