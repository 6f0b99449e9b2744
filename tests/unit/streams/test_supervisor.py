"""Who keeps children running, on real processes: small programs that end as they are told."""

import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from streams.engine.end import EXIT_REFUSES, EXIT_RESTART
from streams.supervisor import SAME_FAILURE_MAX, Child, ChildCannotRun, Failures, keep_running
from tests.support.kafka import eventually

SOON_S = 20.0

# Each start says so with a line; what it does then is the test's.
SAYS_IT_STARTED = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n');"
WAITS_FOR_EVER = SAYS_IT_STARTED + "time.sleep(600)"
FAILS_TWICE = (
    SAYS_IT_STARTED + "starts = len(open(sys.argv[1]).readlines());"
    "sys.exit(1) if starts < 3 else time.sleep(600)"
)
# The last words as `engine/end.py` writes them.
LAST_WORDS = (
    SAYS_IT_STARTED
    + "open(os.environ['STOCK_LAST_WORDS'], 'w').write(sys.argv[2]); sys.exit(int(sys.argv[3]))"
)
SPEAKS_AT_ITS_FIRST_START = (
    SAYS_IT_STARTED + "starts = len(open(sys.argv[1]).readlines());"
    "starts > 1 or open(os.environ['STOCK_LAST_WORDS'], 'w').write(sys.argv[2]);"
    "sys.exit(int(sys.argv[3]))"
)
TIDIES_AND_LEAVES_LAST_WORDS = f"""
import os, shutil, sys
for name in os.listdir(sys.argv[4]):
    shutil.rmtree(os.path.join(sys.argv[4], name))
try:
    {LAST_WORDS}
finally:
    os._exit(int(sys.argv[3]))
"""
SUPERVISES = """
import asyncio, sys
from streams.supervisor import Child, keep_running
child = Child("child", (), program=(sys.executable, "-c", sys.argv[1], sys.argv[2]))
asyncio.run(keep_running([child], asyncio.Event()))
"""
ENDS_WITH_ITS_PARENT = (
    "from streams.supervisor import end_with_parent; end_with_parent();" + WAITS_FOR_EVER
)


@pytest.fixture
def starts(tmp_path: Path) -> Path:
    """Give the file in which every start leaves its process id."""
    file = tmp_path / "starts"
    file.touch()
    return file


def child(program: str, starts: Path, *more: str) -> Child:
    return Child("small", (str(starts), *more), program=(sys.executable, "-c", program))


def pids(starts: Path) -> list[int]:
    return [int(line) for line in starts.read_text().split()]


async def started(starts: Path, times: int) -> None:
    await eventually(lambda: len(pids(starts)) >= times, SOON_S)


async def test_a_child_that_ends_is_started_again(starts: Path) -> None:
    """A crash costs a restart; a stop ends all of it, the child too."""
    stop = asyncio.Event()
    running = asyncio.create_task(keep_running([child(FAILS_TWICE, starts)], stop))
    await started(starts, 3)
    stop.set()
    await running

    assert len(pids(starts)) == 3
    assert not any(psutil.pid_exists(pid) for pid in pids(starts))


async def test_a_killed_child_is_started_again(starts: Path) -> None:
    """Whoever killed it."""
    stop = asyncio.Event()
    running = asyncio.create_task(keep_running([child(WAITS_FOR_EVER, starts)], stop))
    await started(starts, 1)
    os.kill(pids(starts)[0], signal.SIGKILL)
    await started(starts, 2)
    stop.set()
    await running


async def test_a_refusal_stops_with_the_childs_own_words(starts: Path) -> None:
    """Restarting does not help: a person must act, and is told how."""
    words = '{"error": "run `stock rebuild`", "place": null}'

    with pytest.raises(ChildCannotRun, match="small: run `stock rebuild`"):
        await keep_running([child(LAST_WORDS, starts, words, str(EXIT_REFUSES))], asyncio.Event())

    assert len(pids(starts)) == 1


async def test_the_same_failure_of_our_own_stops(starts: Path) -> None:
    """A record that our code cannot get past is named, not tried for ever."""
    words = '{"error": "KeyError: 7 (in movements/3)", "place": "movements/3 7"}'

    with pytest.raises(ChildCannotRun, match="3 times on the same record: KeyError: 7"):
        await keep_running([child(LAST_WORDS, starts, words, str(EXIT_RESTART))], asyncio.Event())

    assert len(pids(starts)) == SAME_FAILURE_MAX


@pytest.mark.parametrize(
    ("code", "told"),
    [(EXIT_REFUSES, "small: KeyError: 7"), (EXIT_RESTART, "3 times on the same record")],
)
async def test_last_words_outlive_whoever_tidies_the_temporary_folder(
    starts: Path, monkeypatch: pytest.MonkeyPatch, code: int, told: str
) -> None:
    """A child may run for weeks; what is old in /tmp is removed by then."""
    temporary = starts.with_name("temporary")
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    words = '{"error": "KeyError: 7", "place": "movements/3 7"}'
    tidies = child(TIDIES_AND_LEAVES_LAST_WORDS, starts, words, str(code), str(temporary))

    with pytest.raises(ChildCannotRun, match=told):
        async with asyncio.timeout(SOON_S):
            await keep_running([tidies], asyncio.Event())


async def test_what_a_child_said_is_not_taken_for_the_next_one_s_words(starts: Path) -> None:
    """One failure of our own code, then a child that is killed: nothing was said twice."""
    stop = asyncio.Event()
    words = '{"error": "KeyError: 7", "place": "movements/3 7"}'
    speaks_once = child(SPEAKS_AT_ITS_FIRST_START, starts, words, str(EXIT_RESTART))
    running = asyncio.create_task(keep_running([speaks_once], stop))
    await started(starts, SAME_FAILURE_MAX + 1)
    stop.set()
    await running


@pytest.mark.parametrize("words", ["", '{"error": "KeyErr'])
async def test_last_words_cut_short_are_none(starts: Path, words: str) -> None:
    """A full disk keeps an empty file, or half a line: the exit code still says what to do."""
    with pytest.raises(ChildCannotRun, match=f"small: exit code {EXIT_REFUSES}"):
        await keep_running([child(LAST_WORDS, starts, words, str(EXIT_REFUSES))], asyncio.Event())

    assert len(pids(starts)) == 1


async def test_a_child_whose_last_words_are_empty_is_started_again(starts: Path) -> None:
    """Nothing says that starting again is of no use; the supervisor goes on."""
    stop = asyncio.Event()
    restarts = child(LAST_WORDS, starts, "", str(EXIT_RESTART))
    running = asyncio.create_task(keep_running([restarts], stop))
    await started(starts, SAME_FAILURE_MAX + 1)
    stop.set()
    await running


async def test_a_child_that_cannot_be_started_now_is_tried_again(starts: Path) -> None:
    """For a moment there may be no process, file or memory to be had; the others run on."""
    stop, late = asyncio.Event(), starts.with_name("late")
    both = [
        Child("late", (str(starts),), program=(str(late),)),
        child(WAITS_FOR_EVER, starts),
    ]
    running = asyncio.create_task(keep_running(both, stop))
    await started(starts, 1)
    (other,) = pids(starts)
    late.write_text(f"#!{sys.executable}\n{WAITS_FOR_EVER}")
    late.chmod(0o700)
    await started(starts, 2)

    assert pids(starts)[0] == other
    assert psutil.pid_exists(other)
    stop.set()
    await running


async def test_one_that_cannot_run_ends_the_others(starts: Path) -> None:
    """Half a system is not left behind."""
    refuses = "import sys, time\nwhile not open(sys.argv[1]).read(): time.sleep(0.01)\nsys.exit(78)"
    both = [
        child(WAITS_FOR_EVER, starts),
        Child("refuses", (str(starts),), program=(sys.executable, "-c", refuses)),
    ]
    with pytest.raises(ChildCannotRun):
        await keep_running(both, asyncio.Event())

    assert not psutil.pid_exists(pids(starts)[0])


async def test_a_child_ends_with_its_parent_however_that_ended(starts: Path) -> None:
    """Kill -9 of the supervisor leaves no orphan."""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SUPERVISES, ENDS_WITH_ITS_PARENT, str(starts)
    )
    await started(starts, 1)
    parent.kill()
    await parent.wait()

    await eventually(lambda: not psutil.pid_exists(pids(starts)[0]), SOON_S)


@pytest.mark.parametrize(
    "places",
    [
        ("a", "a", "b", "a", "a"),  # another record between
        ("a", "a", None, "a", "a"),  # bad weather between
        (None, None, None, None),  # bad weather only
    ],
)
def test_other_failures_begin_the_count_anew(places: tuple[str | None]) -> None:
    """Only the same record in a row says that restarting is of no use."""
    failures = Failures("small")
    for place in places:
        failures.check(EXIT_RESTART, {"error": "E", "place": place} if place else {})
