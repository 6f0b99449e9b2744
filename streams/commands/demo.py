"""`stock demo`: the main job on one machine, seen and proven."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from streams.broker import LocalKafka
from streams.commands.say import (
    EXIT_DISAGREES,
    EXIT_USAGE,
    AsJson,
    console,
    errors,
    facts,
    fail,
    one_line_errors,
    run,
    settings_or_exit,
)
from streams.commands.signals import cancel_on_signals
from streams.demo.pages import print_summary
from streams.demo.play import Playing, Wish, played
from streams.demo.summary import Summary, facts_of
from streams.demo.telling import Lines, Screen, Telling
from streams.demo.where import Where
from streams.demo.world import World, enter, lines_to_enter, only_demo
from streams.log import configure_logging
from streams.roles import logs_folder
from streams.sandbox import CREDIT, SHIPPED_DAYS, Faults, Sandbox, Scenario
from streams.sandbox.lines_file import COLUMNS, UnreadableLines
from streams.settings import Settings

# Of a file's webhooks: told in one call with the one before. A year told one by one is 1.6 million
# calls, most of the time of which goes into HTTP.
FILE_ARRAYS_SHARE = 0.95
CLOSED_DAYS_MAX = 30  # between two trading days of a file; a longer pause ends the days wanted
INPUT_FORM = (
    f"A file of other days: gzipped CSV in UTF-8, its first line {', '.join(COLUMNS)} (others may "
    "stand among them), its days in order, London's time as 2011-10-25 09:03:00, pounds as 1.25."
)


def demo(
    *,
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help=f"The day to play.  [default: {SHIPPED_DAYS[0]}]"),
    ] = None,
    days: Annotated[
        int | None, typer.Option(help="Trading days to play, from that one on.", min=1)
    ] = None,
    input_file: Annotated[
        Path | None,
        typer.Option("--input", help=f"{INPUT_FORM} All of it is played unless --day or --days."),
    ] = None,
    speed: Annotated[
        float, typer.Option(help="Times faster than life; 0: as fast as it goes.", min=0)
    ] = 0,
    workers: Annotated[int, typer.Option(help="Worker processes.", min=1)] = 1,
    orders: Annotated[
        int | None, typer.Option(help="Play only so many orders of a day.", min=1)
    ] = None,
    chaos: Annotated[
        bool, typer.Option("--chaos", help="Kill -9 a random process every 20 s on average.")
    ] = False,
    leave: Annotated[
        bool, typer.Option("--exit", help="End after the summary, on a terminal too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Play a retailer's day through a real Kafka, show what came of it, and prove it.

    Everything is the demo's own, in the folder `demo` of STOCK_HOME: its Kafka (unless
    STOCK_KAFKA names one, without our topics), settings and secret. A running `stock up` is not
    touched. On a terminal it stays up until Ctrl-C unless --exit; then nothing goes on running.

    Exit codes: 0 both proofs agree; 1 one does not; 2 the command line is wrong; 69 Kafka
    does not run; 78 something does not fit; 130 stopped by Ctrl-C before the summary.
    """
    yours = settings_or_exit()
    first = day.date() if day else None
    scenario = _shipped(first, days) if input_file is None else _of_file(input_file, first, days)
    wish = Wish(_sandbox(replace(scenario, orders_max=orders)), workers, speed or None, chaos)
    manner = Manner(as_json=as_json, stays=console.is_terminal and not leave)
    with one_line_errors(), only_demo(yours) as world:
        agrees = _play(wish, world, yours, manner)
    if not agrees:
        raise SystemExit(EXIT_DISAGREES)


@dataclass(frozen=True, slots=True)
class Manner:
    """How the demo speaks, and whether it stays."""

    as_json: bool
    stays: bool

    @property
    def console(self) -> Console:
        """Return where people read: JSON has stdout for itself."""
        return errors if self.as_json else console


def _shipped(first: date | None, count: int | None) -> Scenario:
    first = first or SHIPPED_DAYS[0]
    days = [day for day in SHIPPED_DAYS if day >= first][: count or 1]
    if first not in SHIPPED_DAYS or len(days) < (count or 1):
        known = ", ".join(f"{day}" for day in SHIPPED_DAYS)
        fail(f"these days ship with the package: {known}; others need --input", EXIT_USAGE)
    return Scenario(days=tuple(days), faults=Faults.of_the_demo())


def _of_file(file: Path, first: date | None, count: int | None) -> Scenario:
    days = None
    if first is not None:
        count = count or 1
        calendar = range(min(count * 2 + CLOSED_DAYS_MAX, (date.max - first).days + 1))
        days = tuple(first + timedelta(days=number) for number in calendar)
    faults = replace(Faults.of_the_demo(), arrays_share=FILE_ARRAYS_SHARE)
    return Scenario(days=days, days_max=count, input=file, faults=faults)


def _sandbox(scenario: Scenario) -> Sandbox:
    try:
        return Sandbox(scenario)
    except UnreadableLines as error:
        fail(f"--input {scenario.input}: {error}", EXIT_USAGE)
    except (LookupError, OSError, ValueError) as error:
        fail(f"there is nothing to play: {error}", EXIT_USAGE)


def _play(wish: Wish, world: World, yours: Settings, manner: Manner) -> bool:
    say = manner.console.print
    local = None if yours.kafka else LocalKafka(world.folder, 0, cache=yours.cache, say=say)
    port = local.port if local else yours.kafka_port
    lines = lines_to_enter(world, yours)
    settings = enter(world, yours, port, wish.sandbox.stock_toml())
    with (logs_folder(settings) / "demo.log").open("w") as stream:
        configure_logging(stream=stream)
        where = Where(settings, world, lines)
        return run(_demo(wish, where, local, manner))


async def _demo(wish: Wish, where: Where, local: LocalKafka | None, manner: Manner) -> bool:
    cancel_on_signals()
    try:
        summary = await _seen(wish, where, local, manner)
    except asyncio.CancelledError:
        manner.console.print("stopped before the summary; nothing goes on running")
        raise
    manner.console.print()
    manner.console.print(where.afterwards(summary.example_sku), highlight=False)
    return summary.agrees


async def _seen(wish: Wish, where: Where, local: LocalKafka | None, manner: Manner) -> Summary:
    """Play, tell, and stay where that is wanted; on return nothing runs any more."""
    with _telling(manner.console) as telling:
        playing = Playing(wish, where.world, where.settings, local, telling)
        async with played(playing) as summary:
            _leave_screen(telling)
            _tell(summary, manner)
            if manner.stays:
                await _stay(where.while_it_runs(summary.example_sku), manner.console)
    return summary


@contextmanager
def _telling(where: Console) -> Iterator[Telling]:
    if not where.is_terminal:
        yield Lines(where)
        return
    screen = Screen(where)
    with screen.live:
        yield screen


def _leave_screen(telling: Telling) -> None:
    if isinstance(telling, Screen):
        telling.live.stop()


def _tell(summary: Summary, manner: Manner) -> None:
    if manner.as_json:
        facts(facts_of(summary))
        return
    print_summary(summary, manner.console)
    manner.console.print(CREDIT, style="dim", highlight=False)


async def _stay(places: Table, where: Console) -> None:
    where.print()
    where.print(places, highlight=False)
    where.print("\nAll of it runs on until Ctrl-C.", style="bold")
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
