"""`stock doctor`: is everything reachable and sane; what to do where it is not."""

import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.text import Text

from streams.commands.say import (
    EXIT_DISAGREES,
    AsJson,
    console,
    facts,
    run,
    settings_or_exit,
)
from streams.commands.shown import safe_text
from streams.doctor.cluster import examine_kafka
from streams.doctor.diagnosis import Diagnosis, State
from streams.doctor.machine import examine_machine
from streams.doctor.running import examine_running
from streams.knobs import knobs, render_toml
from streams.settings import Settings

_STYLES = {State.OK: "green", State.WARN: "yellow", State.FAIL: "bold red"}


def doctor(
    *,
    settings: Annotated[
        bool,
        typer.Option("--settings", help="Print every setting in force, as a stock.toml."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look at settings, disk, Kafka, topics, door, worker, lag and what waits for somebody.

    Exit codes: 0 all is well, or somebody should look (warn); 1 something must be mended (fail);
    78 the settings do not read.
    """
    effective = settings_or_exit()
    if settings:
        _print_settings(effective, as_json=as_json)
        return
    found = run(_examine(effective, as_json=as_json))
    if as_json:
        facts([asdict(diagnosis) for diagnosis in found])
    if any(diagnosis.state is State.FAIL for diagnosis in found):
        raise SystemExit(EXIT_DISAGREES)


async def _examine(settings: Settings, *, as_json: bool) -> list[Diagnosis]:
    found: list[Diagnosis] = []
    async for diagnosis in diagnoses(settings, datetime.now(UTC)):
        found.append(diagnosis)
        if not as_json:
            _print(diagnosis)
    return found


async def diagnoses(settings: Settings, now: datetime) -> AsyncIterator[Diagnosis]:
    """Yield every finding; what cannot be looked at because of an earlier one is left out."""
    async for diagnosis in examine_machine(settings, now):
        yield diagnosis
    can_go_on = True
    async for diagnosis in examine_kafka(settings):
        can_go_on &= diagnosis.state is not State.FAIL
        yield diagnosis
    if can_go_on:
        async for diagnosis in examine_running(settings, now):
            yield diagnosis


def _print(diagnosis: Diagnosis) -> None:
    line = Text(f"{diagnosis.state:<4} ", style=_STYLES[diagnosis.state])
    line.append(f"{diagnosis.about}: ", style="bold")
    line.append(safe_text(diagnosis.says), style="default not bold")
    if diagnosis.fix:
        line.append(f" -> {safe_text(diagnosis.fix)}", style="default not bold")
    console.print(line, soft_wrap=True, highlight=False)


def _print_settings(settings: Settings, *, as_json: bool) -> None:
    found = knobs(settings)
    if as_json:
        facts([asdict(knob) for knob in found])
    else:
        sys.stdout.write(render_toml(found))
