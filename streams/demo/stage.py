"""The processes of the demo: a Kafka of its own, a door, workers; ended in order."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast

import aiohttp

from streams.broker import LocalKafka
from streams.engine.errors import RefusesToRun
from streams.reading import ends_written
from streams.roles import Roles, keep_roles
from streams.settings import Settings
from streams.supervisor import Child, ChildCannotRun
from streams.topic_admin import all_partitions, create_topics
from streams.topics import TOPICS

READY_MAX_S = 60.0  # door and workers not ready by then: say so, with their logs
LOOK_EVERY_S = 0.1
ANSWER_MAX_S = 1.0  # of one question to a page


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
    pids: dict[str, int] = field(default_factory=dict[str, int])  # of those started last, by name
    starts: int = 0

    @property
    def door_url(self) -> str:
        """Return where the door listens."""
        return f"http://{self.settings.door_bind}"

    def started(self, child: Child, pid: int) -> None:
        """Note a start; called by the supervisor."""
        self.pids[child.name] = pid
        self.starts += 1

    async def ready(self) -> None:
        """Wait until the door answers, and the workers together own every partition."""
        try:
            async with asyncio.timeout(READY_MAX_S), _client() as client:
                while not await self._is_ready(client):  # noqa: ASYNC110 (other processes)
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            logs = self.roles.door.log_file
            raise RefusesToRun(
                f"door and workers are not ready after {READY_MAX_S:.0f} s: "
                f"see the logs in {logs.parent if logs else 'the terminal'}"
            ) from None

    async def _is_ready(self, client: aiohttp.ClientSession) -> bool:
        door, *workers = await asyncio.gather(
            _readiness(client, self.door_url),
            *(_readiness(client, url) for url in self.roles.web_urls),
        )
        if door is None or None in workers:
            return False
        owned = {number for facts in workers if facts for number in facts["partitions"]}
        return owned == set(range(self.settings.partitions))


@asynccontextmanager
async def running_roles(settings: Settings, roles: Roles) -> AsyncIterator[Stage]:
    """Keep door and workers running for the block; `ChildCannotRun` ends it where one cannot."""
    stage, stop = Stage(settings, roles), asyncio.Event()
    block = cast("asyncio.Task[None]", asyncio.current_task())
    keeping = asyncio.create_task(keep_roles(roles, stop, stage.started))
    keeping.add_done_callback(lambda _: stop.is_set() or block.cancel())
    try:
        yield stage
    except asyncio.CancelledError:
        if keeping.done() and not keeping.cancelled() and (why := keeping.exception()):
            block.uncancel()
            raise why from None
        raise
    finally:
        stop.set()
        with suppress(ChildCannotRun):
            await keeping


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


def _client() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_MAX_S))


async def _readiness(client: aiohttp.ClientSession, url: str) -> dict[str, Sequence[int]] | None:
    try:
        async with client.get(f"{url}/readyz") as answer:
            return await answer.json() if answer.status == HTTPStatus.OK else None
    except (aiohttp.ClientError, TimeoutError):
        return None
