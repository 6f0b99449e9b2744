"""The `stock` command: every verb in one place."""

import typer

from streams.commands.demo import demo
from streams.commands.door import door
from streams.commands.kafka import kafka
from streams.commands.opening import opening
from streams.commands.quarantine import quarantine
from streams.commands.say import example
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
stock.command()(worker)
stock.command(epilog=example("stock schema stock.availability.v1"))(schema)
stock.command(epilog=example("stock show MUG-BLUE-350"))(show)
stock.command(epilog=example("stock verify"))(verify)
stock.add_typer(kafka, name="kafka")
stock.add_typer(opening, name="opening")
stock.add_typer(quarantine, name="quarantine")
stock.add_typer(topics, name="topics")


def main() -> None:
    """Run the command line."""
    stock()
