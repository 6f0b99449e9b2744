"""Keeping children running: restart with back-off, stop where restarting cannot help.

In the engine a bounded retry *is* the restart, so somebody must restart. A child is a command of
this program in a process of its own; it ends when its parent does, however the parent ended.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import orjson

from streams.engine.end import EXIT_REFUSES, EXIT_RESTART, LAST_WORDS_VARIABLE
from streams.log import log

BACK_OFF_FIRST_S = 0.2
BACK_OFF_MAX_S = 10.0
CALM_S = 20.0  # a child that ran so long starts its back-off anew: it was no start that failed
SAME_FAILURE_MAX = 3  # our own code failing so often on the same record stops the child
STOP_TIMEOUT_S = 20.0  # after SIGTERM; then SIGKILL, which loses nothing
SUPERVISED_VARIABLE = "STOCK_SUPERVISED"


class ChildCannotRun(Exception):
    """Restarting does not help; the message is the child's own last words."""


@dataclass(frozen=True, slots=True)
class Child:
    """One command to keep running, e.g. `("worker", "--once")`."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    log_file: Path | None = None  # none: this process's own stdout
    program: Sequence[str] = (sys.executable, "-m", "streams")


Started = Callable[[Child, asyncio.subprocess.Process], None]  # told of every start


def untold(_child: Child, _process: asyncio.subprocess.Process) -> None:
    """Nobody asks which processes there are."""


async def keep_running(
    children: Sequence[Child], stop: asyncio.Event, started: Started = untold
) -> None:
    """Keep all children running until `stop` is set or one of them cannot run."""
    try:
        async with asyncio.TaskGroup() as group:
            for child in children:
                group.create_task(_keep_one(child, stop, started))
    except* ChildCannotRun as failures:
        raise failures.exceptions[0] from None


def end_with_parent() -> None:
    """In a child: end when the supervisor's end of our stdin closes, even by kill -9."""
    if SUPERVISED_VARIABLE not in os.environ:
        return

    def watch() -> None:
        # Not by `sys.stdin`: Python aborts at its end while a thread holds that one's lock.
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(STOP_TIMEOUT_S)  # nobody is left to end one that does not stop
        os._exit(EXIT_RESTART)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


async def _keep_one(child: Child, stop: asyncio.Event, started: Started) -> None:
    loop = asyncio.get_running_loop()
    back_off_s, failures = BACK_OFF_FIRST_S, Failures(child.name)
    # It has no name: who tidies /tmp away after days cannot take it from a child that still runs.
    with TemporaryFile(buffering=0) as last_words:
        while not stop.is_set():
            began = loop.time()
            code = await _run(child, last_words, stop, started)
            if stop.is_set():
                return
            failures.check(code, _taken_words(last_words))
            if loop.time() - began > CALM_S:
                back_off_s = BACK_OFF_FIRST_S
            log.warning("child.restarted", child=child.name, exit_code=code, after_s=back_off_s)
            await is_set_within(stop, back_off_s)
            back_off_s = min(BACK_OFF_MAX_S, back_off_s * 2)


class Failures:
    """Counts the same failure of our own code; invariant: reset by any other ending."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._place: str | None = None
        self._times = 0

    def check(self, code: int, words: Mapping[str, Any]) -> None:
        """Raise `ChildCannotRun` if starting again cannot help."""
        error = str(words.get("error", f"exit code {code}"))
        if code == EXIT_REFUSES:
            raise ChildCannotRun(f"{self._name}: {error}")
        place = words.get("place")  # told by our own code's failures only
        self._times = self._times + 1 if place is not None and place == self._place else 1
        self._place = place
        if place is not None and self._times >= SAME_FAILURE_MAX:
            raise ChildCannotRun(
                f"{self._name} failed {self._times} times on the same record: {error}"
            )


def _taken_words(last_words: IO[bytes]) -> dict[str, Any]:
    """Take what a child said last; nothing where it left no words, or a full disk cut them."""
    last_words.seek(0)
    said = last_words.read()
    last_words.seek(0)
    last_words.truncate()
    try:
        return orjson.loads(said)
    except ValueError:
        return {}


async def _run(child: Child, last_words: IO[bytes], stop: asyncio.Event, started: Started) -> int:
    """Run the child once; return its exit code. Stops it when `stop` is set."""
    try:
        process = await _process_of(child, last_words)
    except OSError as error:  # the machine is short of something for a moment: a start that failed
        log.warning("child.not_started", child=child.name, error=str(error))
        return EXIT_RESTART
    started(child, process)
    try:
        return await _exit_code(process, stop)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _process_of(child: Child, last_words: IO[bytes]) -> asyncio.subprocess.Process:
    output: IO[bytes] | None = child.log_file.open("ab") if child.log_file else None
    try:
        return await asyncio.create_subprocess_exec(
            *child.program,
            *child.arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for us, who then stop them in order
            pass_fds=(last_words.fileno(),),
            env={
                **os.environ,
                **child.environment,
                LAST_WORDS_VARIABLE: f"/dev/fd/{last_words.fileno()}",
                SUPERVISED_VARIABLE: "1",
            },
        )
    finally:
        if output is not None:
            output.close()


async def _exit_code(process: asyncio.subprocess.Process, stop: asyncio.Event) -> int:
    ended = asyncio.create_task(process.wait())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not ended.done():
        process.terminate()
        await asyncio.wait({ended}, timeout=STOP_TIMEOUT_S)
        if not ended.done():
            process.kill()
    return await ended


async def is_set_within(stop: asyncio.Event, seconds: float) -> bool:
    """Wait by this machine's clock; say whether `stop` is set by then."""
    try:
        async with asyncio.timeout(seconds):
            return await stop.wait()
    except TimeoutError:
        return False
