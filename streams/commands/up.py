"""`stock up`: everything one machine needs, until Ctrl-C."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext, suppress
from typing import Annotated

import typer

from streams.address import split_bind
from streams.broker.ports import is_free
from streams.clarus.secret import required_secret
from streams.commands.kafka import local_kafka
from streams.commands.say import console, run, say, settings_or_exit
from streams.commands.signals import stop_on_signals
from streams.engine.errors import RefusesToRun
from streams.home import folder_in_home
from streams.kafka import bootstrap
from streams.log import configure_logging
from streams.pulse import Asking, Pulse, client
from streams.roles import Roles, keep_roles, logs_folder, roles_of
from streams.settings import Settings
from streams.topic_admin import create_topics
from streams.translate import require_accounts
from streams.web.auth import required_token

LOOK_EVERY_S = 1.0

Show = Callable[[str], None]


def up(
    workers: Annotated[int, typer.Option(help="Worker processes.", min=1)] = 1,
) -> None:
    """Run a local Kafka (unless STOCK_KAFKA names one), the topics, the door and workers.

    Ctrl-C ends them in order: the door, the workers, then Kafka if it was started here. Logs are
    files in the folder `logs` of STOCK_HOME. Needs STOCK_DOOR_SECRET, as the door does.

    Exit codes: 0 stopped by Ctrl-C; 69 Kafka does not answer; 78 settings or state do not fit.
    """
    settings = settings_or_exit()
    configure_logging()
    run(_up(settings, workers))


async def _up(settings: Settings, workers: int) -> None:
    stop = stop_on_signals()
    required_secret(settings)
    require_accounts(settings)
    required_token(settings)
    _refuse_taken(settings)
    folder_in_home(settings)
    async with _kafka(settings):
        made = await create_topics(settings)
        say(f"topics: {len(made)} made" if made else "topics: all there")
        if stop.is_set():
            return
        roles = roles_of(settings, workers)
        say(f"door:   http://{settings.door_bind}/clarus/<secret>/<resource>/<event>")
        say(f"web:    {' '.join(f'{url}/table/' for url in roles.web_urls)}")
        say(f"logs:   {logs_folder(settings)}    Ctrl-C stops all")
        await _watched(settings, roles, stop)


def _refuse_taken(settings: Settings) -> None:
    host, port = split_bind(settings.door_bind)
    if not is_free(port, host):
        raise RefusesToRun(
            f"STOCK_DOOR_BIND={settings.door_bind} is taken, perhaps by another `stock up`, "
            "or no address of this machine: stop that, or name another address"
        )


@asynccontextmanager
async def _kafka(settings: Settings) -> AsyncIterator[None]:
    """Have a Kafka for the block; one that was started for it ends with it, others go on."""
    if settings.kafka is not None:
        say(f"Kafka:  {settings.kafka} (yours)")
        yield
        say("stopped: door and workers")
        return
    local = local_kafka(settings)
    ran_before = local.pid is not None
    try:
        await asyncio.to_thread(local.start)
        say(f"Kafka:  {bootstrap(settings)} ({'it ran already' if ran_before else 'started'})")
        yield
    finally:
        if ran_before:
            say("stopped: door and workers; Kafka goes on, it ran before")
        else:
            await asyncio.to_thread(local.stop)
            say("stopped: door, workers, Kafka; its records stay")


async def _watched(settings: Settings, roles: Roles, stop: asyncio.Event) -> None:
    """Keep the roles running and say how they are: in place on a terminal, else at a change."""
    with _line() as show:
        watching = asyncio.create_task(_watch(settings, roles, show, stop))
        try:
            await keep_roles(roles, stop)
        finally:
            watching.cancel()


async def _watch(settings: Settings, roles: Roles, show: Show, stop: asyncio.Event) -> None:
    async with client(settings) as session:
        asking = Asking(session, settings, roles)
        while not stop.is_set():
            show(_sentence(await asking.pulse(), len(roles.workers)))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_EVERY_S)


def _sentence(pulse: Pulse, workers: int) -> str:
    door = "door ready" if pulse.door_is_ready else "door not ready"
    return (
        f"{door} · {pulse.workers_ready} of {workers} workers ready · "
        f"{_known(pulse.deliveries)} deliveries · lag {_known(pulse.lag_records)}"
    )


def _known(figure: int | None) -> str:
    return "?" if figure is None else f"{figure:,}"


def _line() -> AbstractContextManager[Show]:
    """Return a way to show one line: a live one on a terminal, else a line when it changed."""
    if not console.is_terminal:
        return nullcontext(_OnChange().show)
    return _LiveLine()


class _LiveLine(AbstractContextManager[Show]):
    """One line at the foot of the terminal, written over."""

    def __init__(self) -> None:
        self._status = console.status("starting")

    def __enter__(self) -> Show:
        self._status.start()
        return self._status.update

    def __exit__(self, *_: object) -> None:
        self._status.stop()


class _OnChange:
    """A line when readiness changes; figures alone would fill a log."""

    def __init__(self) -> None:
        self._said = ""

    def show(self, sentence: str) -> None:
        """Say the sentence if what it says of readiness is new."""
        readiness = sentence.rsplit(" · ", 2)[0]
        if readiness != self._said:
            self._said = readiness
            say(readiness)
