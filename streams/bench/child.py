"""One process to be measured: started on its core, asked when ready, ended whatever happens."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import orjson

from streams.bench.figures import Run
from streams.bench.ground import LOOK_EVERY_S, Ground
from streams.bench.machine import pin
from streams.engine.errors import EngineError

READY_MAX_S = 90.0  # a process that is not ready by then has failed
RUN_MAX_S = 900.0  # as has a run that takes longer
STOP_MAX_S = 20.0


class BenchFailed(EngineError):
    """A process of a benchmark ended, or did not get ready; its log says why."""


@asynccontextmanager
async def within(seconds: float, what: str) -> AsyncIterator[None]:
    """Raise `BenchFailed` where the block takes longer."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise BenchFailed(f"not within {seconds:g} s: {what}") from None


@dataclass(frozen=True, slots=True)
class Child:
    """A running process and its log."""

    name: str
    process: asyncio.subprocess.Process
    log_file: Path

    @property
    def pid(self) -> int:
        """Return the process's number."""
        return self.process.pid

    def check(self) -> None:
        """Raise `BenchFailed` where it has ended."""
        if self.process.returncode is not None:
            raise BenchFailed(
                f"{self.name} ended with {self.process.returncode}: see {self.log_file}"
            )

    async def ready(self, url: str) -> None:
        """Return once its page says that it is ready."""
        async with aiohttp.ClientSession() as session, within(READY_MAX_S, f"{self.name} ready"):
            while not await _is_ready(session, url):
                self.check()
                await asyncio.sleep(LOOK_EVERY_S)

    async def result(self) -> Run:
        """Return what it says as its last line once it has ended."""
        async with within(RUN_MAX_S, f"{self.name} done"):
            code = await self.process.wait()
        said = self.log_file.read_text()
        # Faust hides a terminal's cursor, whether there is a terminal or not.
        begins = said.rfind("{")
        if code or begins < 0:
            raise BenchFailed(f"{self.name} ended with {code}: see {self.log_file}")
        return orjson.loads(said[begins:])


@asynccontextmanager
async def child(
    ground: Ground, name: str, *arguments: str, **variables: str
) -> AsyncIterator[Child]:
    """Run `python -m ARGUMENTS` on the core of what is measured alone."""
    async with program(ground, name, (sys.executable, "-m", *arguments), variables) as running:
        yield running


@asynccontextmanager
async def program(
    ground: Ground,
    name: str,
    command: Sequence[str],
    variables: Mapping[str, str],
    *,
    number: int = 0,
) -> AsyncIterator[Child]:
    """Run a command on the core of the measured process of that number."""
    log_file = ground.settings.home / f"{name}.log"
    with log_file.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**ground.variables, **variables},
        )
    pin(process.pid, ground.cores.of(number))
    try:
        yield Child(name, process, log_file)
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_MAX_S):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _is_ready(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(f"{url}/readyz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
