"""`stock bench`: the figures of the README, on this machine."""

import shutil
from dataclasses import replace
from typing import Annotated

import typer

from streams.bench.benches import NAMES, Bench
from streams.bench.figures import Figure, markdown
from streams.bench.machine import cores, described
from streams.bench.plan import FULL, QUICK, Plan
from streams.commands.say import (
    EXIT_USAGE,
    AsJson,
    console,
    errors,
    facts,
    fail,
    run,
    settings_or_exit,
)


def bench(
    quick: Annotated[
        bool, typer.Option(help="Small sizes, one run: to see that it works.")
    ] = False,
    only: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(NAMES)}.")] = None,
    runs: Annotated[int | None, typer.Option(help="Runs of each benchmark.", min=1)] = None,
    as_json: AsJson = False,
) -> None:
    """Measure on a real Kafka that is started for it: median of several runs, and their spread.

    Figures: keep_stock alone on a loaded topic, with one worker and with two; the same fold in a
    bare loop, with transactions and without; a naive Faust agent; the door; from the door to the
    journal and to the availability; recovery. What is measured has a core for itself, broker and
    loader have another. The full run takes some ten minutes, and wants a machine at rest.

    Exit codes: 0 measured; 2 no such benchmark; 69 Kafka did not start; 78 a process failed.
    """
    unknown = set(only or ()) - set(NAMES)
    if unknown:
        fail(f"there is no benchmark {', '.join(sorted(unknown))}: {', '.join(NAMES)}", EXIT_USAGE)
    settings = settings_or_exit()
    folder = settings.home.expanduser().resolve() / "bench"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    plan, placed = _plan(quick=quick, runs=runs), cores()
    bench = Bench(plan, only or NAMES, placed, _say)
    figures = run(bench.run(folder, settings.cache))
    shutil.rmtree(folder, ignore_errors=True)
    _tell(figures, f"{described()}; {placed.sentence}; {plan.runs} runs each", as_json=as_json)


def _plan(*, quick: bool, runs: int | None) -> Plan:
    plan = QUICK if quick else FULL
    return plan if runs is None else replace(plan, runs=runs)


def _tell(figures: list[Figure], about: str, *, as_json: bool) -> None:
    if as_json:
        facts({"about": about, "figures": [figure.facts() for figure in figures]})
    else:
        console.print(markdown(figures, about), highlight=False, soft_wrap=True, markup=False)


def _say(progress: str) -> None:
    errors.print(progress, style="dim", highlight=False)
