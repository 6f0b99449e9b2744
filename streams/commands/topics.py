"""`stock topics`: make or check the map."""

import typer

from streams.commands.say import console, example, run, settings_or_exit
from streams.topic_admin import check_topics, create_topics

topics = typer.Typer(help="Make or check the topics.", no_args_is_help=True)


@topics.command(epilog=example("stock topics create"))
def create() -> None:
    """Make the topics that are missing; refuse to go on where one has another partition count."""
    made = run(create_topics(settings_or_exit()))
    console.print(f"made {', '.join(made)}" if made else "all topics are there")


@topics.command(epilog=example("stock topics check"))
def check() -> None:
    """Say whether every topic is there with the right number of partitions."""
    run(check_topics(settings_or_exit()))
    console.print("all topics are there, partition counts right")
