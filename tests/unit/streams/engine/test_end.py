"""How a process ends where its last words cannot be said: real processes, a full disk, no reader.

Not covered: a stdout that is open, full and read by nobody, where a line waits for its reader.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import orjson
import pytest

from streams.engine.end import EXIT_REFUSES, EXIT_RESTART, LAST_WORDS_VARIABLE

ENDS_WITHIN_S = 30.0
FULL = Path("/dev/full")  # every write to it fails, as on a full disk
LIVED_ON = 3
# Who fails in a task has a program around it that goes on.
ENDS = """
import os, sys
from streams.engine.end import end_process
from streams.engine.errors import FoldFailed, RefusesToRun
from streams.log import configure_logging

configure_logging()
failure, words, lived_on = sys.argv[1:]
try:
    end_process(RefusesToRun(words) if failure == "refuses" else FoldFailed(words, "movements/3 7"))
finally:
    os._exit(int(lived_on))
"""
ERRORS = {"refuses": "run `stock rebuild`", "fails": "KeyError: 7 (in movements/3)"}
CODES = [("refuses", EXIT_REFUSES), ("fails", EXIT_RESTART)]


def exit_code(failure: str, last_words: Path, stdout: int) -> int:
    """Return how a process ended that failed so."""
    # A stdout without a buffer has nothing to flush: then only a line's own write fails.
    buffered = {name: v for name, v in os.environ.items() if name != "PYTHONUNBUFFERED"}
    ended = subprocess.run(
        [sys.executable, "-c", ENDS, failure, ERRORS[failure], str(LIVED_ON)],
        env=buffered | {LAST_WORDS_VARIABLE: str(last_words)},
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        timeout=ENDS_WITHIN_S,
        check=False,
    )
    return ended.returncode


@contextmanager
def full_file() -> Iterator[int]:
    """Give a stdout that is a file on a full disk."""
    with FULL.open("wb") as full:
        yield full.fileno()


@contextmanager
def closed_pipe() -> Iterator[int]:
    """Give a stdout whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        yield writer
    finally:
        os.close(writer)


@pytest.mark.parametrize(("failure", "code"), CODES)
@pytest.mark.parametrize("nowhere", [FULL, Path("/dev/null/no-folder")], ids=str)
def test_last_words_that_cannot_be_kept_hold_nobody_back(
    nowhere: Path, failure: str, code: int, tmp_path: Path
) -> None:
    """The process says its line, and ends with the code that says whether to start it again."""
    lines = tmp_path / "lines"
    with lines.open("wb") as stdout:
        assert exit_code(failure, nowhere, stdout.fileno()) == code

    line = orjson.loads(lines.read_bytes())

    assert (line["event"], line["error"]) == ("worker.ended", ERRORS[failure])
    assert ("exception" in line) == (code == EXIT_RESTART)  # a refusal is no fault of our code


@pytest.mark.parametrize(("failure", "code"), CODES)
@pytest.mark.parametrize("stdout", [full_file, closed_pipe])
def test_a_stdout_that_takes_nothing_holds_nobody_back(
    stdout: Callable[[], AbstractContextManager[int]], failure: str, code: int, tmp_path: Path
) -> None:
    """The process ends with its code, and its last words are kept all the same."""
    last_words = tmp_path / "last-words.json"
    with stdout() as nobody_reads:
        assert exit_code(failure, last_words, nobody_reads) == code

    assert orjson.loads(last_words.read_bytes())["error"] == ERRORS[failure]


@pytest.mark.parametrize(("failure", "code"), CODES)
def test_a_process_that_can_say_nothing_at_all_ends(failure: str, code: int) -> None:
    """The disk is full: no line, no last words, and still the right code."""
    with full_file() as stdout:
        assert exit_code(failure, FULL, stdout) == code
