"""The roles of one machine as supervised processes: a door and workers, logged to files."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from streams.address import split_bind
from streams.broker.ports import is_free
from streams.engine.errors import RefusesToRun
from streams.settings import Settings
from streams.supervisor import Child, ChildCannotRun, Started, keep_running, untold

DOOR = "door"
PORTS_TRIED_MAX = 100  # from the one wanted on; then it is said that none is free


@dataclass(frozen=True, slots=True)
class Roles:
    """What one machine runs, and where its web pages are."""

    door: Child
    workers: Sequence[Child]
    web_urls: Sequence[str]  # of the workers, in order

    @property
    def children(self) -> Sequence[Child]:
        """Return all of them, the door first."""
        return (self.door, *self.workers)


def roles_of(settings: Settings, workers: int) -> Roles:
    """Return a door and so many workers; their logs go to files, the last run's are kept as old."""
    logs = logs_folder(settings)
    children = worker_children(settings, workers)
    host, _, _ = settings.web_bind.rpartition(":")
    return Roles(
        door=_logged(Child(DOOR, ("door",)), logs),
        workers=[_logged(child, logs) for child in children],
        web_urls=[f"http://{host}:{child.arguments[-1]}" for child in children],
    )


async def keep_roles(roles: Roles, stop: asyncio.Event, started: Started = untold) -> None:
    """Keep all running until `stop` is set or one cannot run; the door ends before the workers.

    So nobody is answered any more by the time the workers end. Raises `ChildCannotRun`.
    """
    door_has_ended = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_keep_door(roles.door, stop, started, door_has_ended))
            group.create_task(keep_running(roles.workers, door_has_ended, started))
    except* ChildCannotRun as failures:
        raise failures.exceptions[0] from None


def worker_children(settings: Settings, workers: int) -> list[Child]:
    """Return one child a worker, each with a web port of its own."""
    return [
        Child(f"worker-{number}", ("worker", "--once", "--web-port", str(port)))
        for number, port in enumerate(free_ports(settings.web_bind, workers), start=1)
    ]


def free_ports(bind: str, count: int = 1) -> list[int]:
    """Return the next free ports of an address, from the one it names on."""
    host, first = split_bind(bind)
    free = (port for port in range(first, first + PORTS_TRIED_MAX) if is_free(port, host))
    ports = [port for port, _ in zip(free, range(count), strict=False)]
    if len(ports) < count:
        raise RefusesToRun(f"{count} free ports are wanted from {bind} on: name another address")
    return ports


def logs_folder(settings: Settings) -> Path:
    """Return the folder of the logs of this installation, made where it is missing."""
    folder = settings.home.expanduser() / "logs"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


async def _keep_door(
    door: Child, stop: asyncio.Event, started: Started, has_ended: asyncio.Event
) -> None:
    try:
        await keep_running([door], stop, started)
    finally:
        has_ended.set()


def _logged(child: Child, folder: Path) -> Child:
    log_file = folder / f"{child.name}.log"
    if log_file.exists():
        log_file.replace(log_file.with_suffix(".log.old"))
    return replace(child, log_file=log_file)
