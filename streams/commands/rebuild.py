"""`stock rebuild`: cards and marks anew."""

from dataclasses import asdict
from typing import Annotated

import typer

from streams.commands.say import AsJson, console, facts, run, settings_or_exit
from streams.engine.errors import RefusesToRun
from streams.engine.open_files import raise_open_files, too_few_for
from streams.rebuild.run import Rebuilt
from streams.rebuild.run import rebuild as rebuild_lanes
from streams.settings import Settings
from streams.topics import AGENTS


def rebuild(
    caught_up: Annotated[
        bool,
        typer.Option(help="Where nothing tells how far lanes had come: to the end of everything."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the stock table and the lanes' marks anew, from the log and what was published of it.

    For a changelog that is lost, made anew or does not read. Stop all workers first. Nothing is
    posted a second time; availability is said again, with versions above all before.

    Exit codes: 0 done; 69 Kafka does not answer; 78 a worker runs, it would make figures wrong, or
    it may open too few files.
    """
    rebuilt = run(_rebuilt(settings_or_exit(), caught_up=caught_up))
    if as_json:
        facts(asdict(rebuilt))
        return
    console.print(
        f"{rebuilt.lanes} lanes anew: {rebuilt.cards:,} cards from {rebuilt.records:,} records",
        highlight=False,
    )
    if rebuilt.left:
        console.print(f"left as they were: {', '.join(rebuilt.left)}", highlight=False)
    console.print("prove it with `stock verify`, then start the workers")


async def _rebuilt(settings: Settings, *, caught_up: bool) -> Rebuilt:
    raise_open_files()
    if too_few := too_few_for(len(AGENTS) * settings.partitions):  # it has them all at once
        raise RefusesToRun(too_few)
    return await rebuild_lanes(settings, caught_up=caught_up)
