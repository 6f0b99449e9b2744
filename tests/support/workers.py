"""Worker processes of the engine's own tests: started, killed, frozen, thawed, asked."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from streams.broker.ports import draw_port
from tests.support.kafka import eventually

READY_WITHIN_S = 60.0
EXIT_WITHIN_S = 60.0
ANSWER_WITHIN_S = 1.0
SESSION = "STOCK_ENGINE__SESSION_TIMEOUT_MS"
SESSION_MS = 2_000  # short, so that a test need not wait long for a dead member's partitions
STEADY_SESSION_MS = 8_000  # where a moment of a busy machine may not cost a member its lanes
LOG_TAIL_CHARS = 6_000

State = dict[str, Any]


def engine_worker(port: int) -> tuple[str, ...]:
    """Return the command of a worker whose page is on this port."""
    return sys.executable, "-m", "tests.support.engine_worker", str(port)


class Worker:
    """One process of `engine_worker`; ends with the test, whatever became of it."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self.port = draw_port()
        self.log_file = folder / f"worker-{self.port}.log"
        home = folder / f"worker-{self.port}"
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                engine_worker(self.port),
                env={**os.environ, **environment, "STOCK_HOME": str(home)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> str:
        """Return all it has said."""
        return self.log_file.read_text()

    @property
    def runs(self) -> bool:
        """Say whether the process is there, frozen or not."""
        return self._process.poll() is None

    @property
    def is_frozen(self) -> bool:
        """Say whether the process is stopped (state T in Linux' proc(5))."""
        stat = Path(f"/proc/{self._process.pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "T"

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal; nothing is waited for."""
        self._process.send_signal(number)

    async def kill(self) -> None:
        """End it as a crash of the machine would."""
        self._process.kill()
        await self.exit_code()

    async def exit_code(self, within_s: float = EXIT_WITHIN_S) -> int:
        """Wait for it to end by itself."""
        await eventually(lambda: not self.runs, within_s)
        return self._process.wait()

    async def state(self) -> State | None:
        """Return what its page says; None where nobody answers."""
        timeout = aiohttp.ClientTimeout(total=ANSWER_WITHIN_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(f"http://127.0.0.1:{self.port}/state/") as answer,
            ):
                return await answer.json() if answer.status == 200 else None
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def ready(self, lanes: int | None = None, within_s: float = READY_WITHIN_S) -> State:
        """Wait until it is ready, with so many lanes where that matters."""

        async def is_so() -> State | None:
            assert self.runs, self.log[-LOG_TAIL_CHARS:]
            state = await self.state()
            if state is None or not state["ready"]:
                return None
            return state if lanes in (None, len(state["lanes"])) else None

        found = await eventually(is_so, within_s)
        assert found is not None
        return found

    async def end(self) -> None:
        """End it for good, in whatever condition it is."""
        if self.runs:
            self._process.kill()
        await asyncio.to_thread(self._process.wait)
