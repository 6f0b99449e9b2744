"""The processes of the demo: a Kafka of its own, a door, workers; ended in order."""

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from streams.broker import LocalKafka
from streams.demo.alongside import alongside
from streams.engine.errors import RefusesToRun
from streams.pulse import Asking, Pulse, client
from streams.reading import ends_written
from streams.roles import Roles, keep_roles
from streams.settings import Settings
from streams.supervisor import Child
from streams.topic_admin import all_partitions, create_topics
from streams.topics import TOPICS

READY_MAX_S = 60.0  # door and workers not ready by then: say so, with their logs
LOOK_EVERY_S = 0.1


@asynccontextmanager
async def running_kafka(local: LocalKafka | None) -> AsyncIterator[None]:
    """Start the demo's own Kafka with nothing in it; stop it at the end. None: yours is used."""
    if local is None:
        yield
        return
    try:
        await asyncio.to_thread(local.reset)
        await asyncio.to_thread(local.start)
        yield
    finally:
        await asyncio.to_thread(local.stop)


async def make_topics(settings: Settings) -> int:
    """Make the topics; raise `RefusesToRun` where one holds records: figures would be of both."""
    await create_topics(settings)
    ends = await ends_written(settings, all_partitions(settings))
    used = sorted({partition.topic for partition, end in ends.items() if end})
    if used:
        raise RefusesToRun(
            f"{used[0]} on {settings.kafka} holds records already: the demo plays on a Kafka "
            "without any. Unset STOCK_KAFKA to have it start one, or name another"
        )
    return len(TOPICS)


@dataclass(slots=True)
class Stage:
    """The door and the workers while they run."""

    settings: Settings
    roles: Roles
    processes: dict[str, Process] = field(default_factory=dict[str, Process])  # the last, by name
    starts: int = 0

    @property
    def door_url(self) -> str:
        """Return where the door listens."""
        return f"http://{self.settings.door_bind}"

    def started(self, child: Child, process: Process) -> None:
        """Note a start; called by the supervisor."""
        self.processes[child.name] = process
        self.starts += 1

    async def ready(self) -> None:
        """Wait until the door answers, and the workers together own every partition."""
        try:
            async with asyncio.timeout(READY_MAX_S), client(self.settings) as session:
                asking = Asking(session, self.settings, self.roles)
                while not self._is_ready(await asking.pulse()):  # noqa: ASYNC110 (others' pages)
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            logs = self.roles.door.log_file
            raise RefusesToRun(
                f"door and workers are not ready after {READY_MAX_S:.0f} s: "
                f"see the logs in {logs.parent if logs else 'the terminal'}"
            ) from None

    def _is_ready(self, pulse: Pulse) -> bool:
        whole = pulse.partitions == frozenset(range(self.settings.partitions))
        return whole and pulse.door_is_ready and pulse.workers_ready == len(self.roles.workers)


@asynccontextmanager
async def running_roles(settings: Settings, roles: Roles) -> AsyncIterator[Stage]:
    """Keep door and workers running for the block; `ChildCannotRun` ends it where one cannot."""
    stage, stop = Stage(settings, roles), asyncio.Event()
    async with alongside(keep_roles(roles, stop, stage.started), end=stop.set):
        yield stage


async def run_command(*arguments: str) -> tuple[int, str, str]:
    """Run a command of this program as a person would; return exit code, stdout and stderr."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "streams",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said, complained = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, said.decode(), complained.decode()
