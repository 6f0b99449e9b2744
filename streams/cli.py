"""The `stock` command: every verb in one place, its module imported when the verb is called."""

from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from streams.commands.example import example


@dataclass(frozen=True, slots=True)
class Verb:
    """A line of the list; its module in `streams.commands` has the verb's name, and says more."""

    name: str
    summary: str  # as its own help begins, by test
    example: str | None = None  # a group of verbs has its own


VERBS = (
    Verb(
        "demo",
        "Play a retailer's day through a real Kafka, show what came of it, and prove it.",
        "stock demo --exit",
    ),
    Verb(
        "up",
        "Run a local Kafka (unless STOCK_KAFKA names one), the topics, the door and workers.",
        "STOCK_DOOR_SECRET_FILE=secret.txt stock up --workers 2",
    ),
    Verb(
        "door",
        "Take webhooks in: answered 202 once Kafka has them. Needs STOCK_DOOR_SECRET.",
        "STOCK_DOOR_SECRET_FILE=secret.txt stock door",
    ),
    Verb(
        "worker",
        "Run the stock ledger's worker; start as many as wanted, anywhere.",
        "stock worker --workers 2",
    ),
    Verb(
        "schema",
        "Print the JSON Schema of a topic's values, or the AsyncAPI document; alone, what there "
        "is.",
        "stock schema stock.availability.v1",
    ),
    Verb(
        "show",
        "Show one card, what of it waits, its last movements and its last entries.",
        "stock show MUG-BLUE-350",
    ),
    Verb(
        "exceptions",
        "List what waits for a person: raised, not cleared yet, the oldest first.",
        "stock exceptions --owner finance",
    ),
    Verb(
        "rebuild",
        "Write the stock table and the lanes' marks anew, from the log and what was published of "
        "it.",
        "stock rebuild",
    ),
    Verb(
        "verify",
        "Recompute everything from the log with separate code, and name what does not agree.",
        "stock verify",
    ),
    Verb(
        "bench",
        "Measure on a real Kafka that is started for it: median of several runs, and their spread.",
        "stock bench --only keep_stock",
    ),
    Verb(
        "doctor",
        "Look at settings, disk, Kafka, topics, door, worker, lag and what waits for somebody.",
        "stock doctor --settings > stock.toml",
    ),
    Verb("chart", "Reasons, categories and accounts."),
    Verb("kafka", "The local Kafka of this machine."),
    Verb("opening", "The position a live warehouse starts from."),
    Verb("quarantine", "The records set aside, and their way back."),
    Verb("topics", "Make or check the topics."),
)
_MARKUP = "markdown"  # paragraphs are wrapped to the terminal


class Verbs(TyperGroup):
    """The list of verbs. Invariant: only the one that is called is imported.

    All of them together take seconds to import: Faust, aiohttp, the sandbox.
    """

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the verb that is called, whole."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed and whole(listed), rest


def whole(listed: Any) -> Any:
    """Return the command, or the group of commands, that a line of the list stands for."""
    found = getattr(import_module(f"streams.commands.{listed.name}"), listed.name)
    alone = typer.Typer(rich_markup_mode=_MARKUP)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=listed.name)
    else:
        alone.command(listed.name, epilog=listed.epilog)(found)
    return get_group(alone).commands[listed.name]


stock = typer.Typer(
    cls=Verbs,
    name="stock",
    help="The streaming stock ledger between Clarus WMS and Khaos Control.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=_MARKUP,
)


def _listed() -> None:
    """Stand in the list for what `whole` imports."""


for _verb in VERBS:
    _epilog = _verb.example and example(_verb.example)
    stock.command(_verb.name, help=_verb.summary, epilog=_epilog)(_listed)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("stock-ledger"))
        raise typer.Exit


@stock.callback()
def options(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Take what stands before the verb."""


def main() -> None:
    """Run the command line."""
    stock()
