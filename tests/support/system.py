"""The whole program as its user runs it: topics, door and workers on one Kafka, by its commands."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiokafka import TopicPartition

from streams.broker.ports import draw_port
from streams.reading import consumer_of, ends_written, read_between, read_marks
from streams.settings import Settings
from streams.topics import STOCK_CHANGELOG, TRANSLATE_CHANGELOG
from tests.support.kafka import eventually
from tests.support.workers import LOG_TAIL_CHARS

SECRET = "canary-4Tz8Wb3Yc6Nd1Pf57Qx2vLm9Rk"  # noqa: S105 (of the tests)
READY_WITHIN_S = 40.0
COMMAND_WITHIN_S = 40.0
PARTITIONS = 2
PROGRAM = ("-m", "streams")


@dataclass
class Role:
    """A door or a worker."""

    name: str
    process: subprocess.Popen[bytes]
    url: str
    log_file: Path

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def log(self) -> str:
        return self.log_file.read_text()


@dataclass
class System:
    """Leaves no process behind."""

    kafka: str
    folder: Path
    toml: str
    partitions: int = PARTITIONS
    roles: list[Role] = field(default_factory=list[Role])

    async def __aenter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "stock.toml").write_text(f"partitions = {self.partitions}\n{self.toml}")
        await self.command("topics", "create")
        return self

    async def __aexit__(self, failure: type[BaseException] | None, *_: object) -> None:
        for role in self.roles:
            if role.runs:
                role.process.send_signal(signal.SIGCONT)
                role.process.kill()
            await asyncio.to_thread(role.process.wait)
            if failure is not None:
                print(f"--- {role.name}\n{role.log[-LOG_TAIL_CHARS:]}")  # noqa: T201 (pytest shows it beside the failure)

    @property
    def settings(self) -> Settings:
        """Return what a reader of its topics needs."""
        return Settings(kafka=self.kafka, partitions=self.partitions, home=self.folder)

    def start_door(self, port: int = 0, program: Sequence[str] = PROGRAM) -> Role:
        """Start a door on a port, else on a free one."""
        address = f"127.0.0.1:{port or draw_port()}"
        return self._start("door", f"http://{address}", program, STOCK_DOOR_BIND=address)

    def start_worker(self, program: Sequence[str] = PROGRAM, port: int = 0) -> Role:
        """Start one worker, unsupervised: who kills it sees it dead."""
        port = port or draw_port()
        own = ("--once", "--web-port", str(port))
        return self._start("worker", f"http://127.0.0.1:{port}", program, *own)

    async def command(self, *arguments: str, within_s: float = COMMAND_WITHIN_S) -> str:
        """Run a command to its end and return what it says; fail where it fails."""
        code, said, complained = await self.run(*arguments, within_s=within_s)

        assert code == 0, f"{arguments}: {code} {said} {complained}"
        return said

    async def run(
        self, *arguments: str, within_s: float = COMMAND_WITHIN_S
    ) -> tuple[int | None, str, str]:
        """Run a command to its end; return its exit code, what it says, and what it complains."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *PROGRAM, *arguments),
            env=self._environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(within_s):
            said, complained = await process.communicate()
        return process.returncode, said.decode(), complained.decode()

    async def ready(self, role: Role) -> None:
        """Wait until it says so itself."""

        async def is_so() -> bool:
            assert role.runs, role.log[-LOG_TAIL_CHARS:]
            try:
                async with aiohttp.ClientSession() as client, client.get(f"{role.url}/readyz") as r:
                    return r.status == 200
            except aiohttp.ClientError:
                return False

        await eventually(is_so, READY_WITHIN_S)

    async def get(self, role: Role, path: str) -> Any:
        async with aiohttp.ClientSession() as client, client.get(f"{role.url}{path}") as answer:
            assert answer.status == 200, f"{path}: {answer.status}"
            return await answer.json()

    async def counts(self) -> Counter[str]:
        """Return the fates of both lanes, as their marks of now have them."""
        counts: Counter[str] = Counter()
        for changelog in (TRANSLATE_CHANGELOG, STOCK_CHANGELOG):
            for mark in (await read_marks(self.settings, changelog.name)).values():
                counts.update({fate: int(number) for fate, number in mark.counts.items()})
        return counts

    async def changelog(self) -> dict[bytes, bytes]:
        """Return the latest value of every key of the stock table."""
        partitions = [
            TopicPartition(STOCK_CHANGELOG.name, number) for number in range(self.partitions)
        ]
        ends = await ends_written(self.settings, partitions)
        latest: dict[bytes, bytes | None] = {}
        async with consumer_of(self.settings, partitions) as consumer:
            start = await consumer.beginning_offsets(partitions)
            async for _, records in read_between(consumer, start, ends):
                latest.update((record.key, record.value) for record in records)
        return {key: value for key, value in latest.items() if value is not None}

    def _start(
        self, verb: str, url: str, program: Sequence[str], *arguments: str, **environment: str
    ) -> Role:
        name = f"{verb}-{len(self.roles)}"
        log_file = self.folder / f"{name}.log"
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                (sys.executable, *program, verb, *arguments),
                env=self._environment() | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        role = Role(name, process, url, log_file)
        self.roles.append(role)
        return role

    def _environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("STOCK_")}
        return ours | {
            "STOCK_CONFIG": str(self.folder / "stock.toml"),
            "STOCK_DOOR_SECRET": SECRET,
            "STOCK_HOME": str(self.folder / "home"),
            "STOCK_KAFKA": self.kafka,
        }
