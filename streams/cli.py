"""The `stock` command: every verb in one place."""

import typer

from streams.commands.door import door
from streams.commands.kafka import kafka
from streams.commands.opening import opening
from streams.commands.say import example
from streams.commands.topics import topics
from streams.commands.worker import worker

stock = typer.Typer(
    name="stock",
    help="The streaming stock ledger between Clarus WMS and Khaos Control.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
stock.command(epilog=example("STOCK_DOOR_SECRET_FILE=secret.txt stock door"))(door)
stock.command()(worker)
stock.add_typer(kafka, name="kafka")
stock.add_typer(opening, name="opening")
stock.add_typer(topics, name="topics")


def main() -> None:
    """Run the command line."""
    stock()
