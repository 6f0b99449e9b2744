"""The `stock` command: every verb in one place."""

from importlib.metadata import version
from typing import Annotated

import typer

from streams.commands.bench import bench
from streams.commands.chart import chart
from streams.commands.demo import demo
from streams.commands.doctor import doctor
from streams.commands.door import door
from streams.commands.kafka import kafka
from streams.commands.opening import opening
from streams.commands.quarantine import quarantine
from streams.commands.rebuild import rebuild
from streams.commands.say import console, example
from streams.commands.schema import schema
from streams.commands.show import show
from streams.commands.topics import topics
from streams.commands.up import up
from streams.commands.verify import verify
from streams.commands.worker import worker

stock = typer.Typer(
    name="stock",
    help="The streaming stock ledger between Clarus WMS and Khaos Control.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # paragraphs are wrapped to the terminal
)
stock.command(epilog=example("stock demo --exit"))(demo)
stock.command(epilog=example("STOCK_DOOR_SECRET_FILE=secret.txt stock up --workers 2"))(up)
stock.command(epilog=example("STOCK_DOOR_SECRET_FILE=secret.txt stock door"))(door)
stock.command(epilog=example("stock worker --workers 2"))(worker)
stock.command(epilog=example("stock schema stock.availability.v1"))(schema)
stock.command(epilog=example("stock show MUG-BLUE-350"))(show)
stock.command(epilog=example("stock rebuild"))(rebuild)
stock.command(epilog=example("stock verify"))(verify)
stock.command(epilog=example("stock bench --only keep_stock"))(bench)
stock.command(epilog=example("stock doctor --settings > stock.toml"))(doctor)
stock.add_typer(chart, name="chart")
stock.add_typer(kafka, name="kafka")
stock.add_typer(opening, name="opening")
stock.add_typer(quarantine, name="quarantine")
stock.add_typer(topics, name="topics")


def _say_version(wanted: bool) -> None:
    if wanted:
        console.print(version("stock-ledger"), highlight=False)
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
