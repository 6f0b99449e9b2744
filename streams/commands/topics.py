"""`stock topics`: make or check the map."""

import typer

from streams.commands.example import example
from streams.commands.say import AsJson, console, facts, run, settings_or_exit
from streams.topic_admin import check_topics, create_topics
from streams.topics import TOPICS

topics = typer.Typer(help="Make or check the topics.", no_args_is_help=True)

# Exit codes of both: 0 done, 69 Kafka does not answer, 78 a topic is missing or does not fit.


@topics.command(epilog=example("stock topics create"))
def create(*, as_json: AsJson = False) -> None:
    """Make the topics that are missing; refuse to go on where one has another partition count."""
    made = run(create_topics(settings_or_exit()))
    if as_json:
        facts({"made": made, "topics": [plan.name for plan in TOPICS]})
        return
    console.print(f"made {', '.join(made)}" if made else "all topics are there")


@topics.command(epilog=example("stock topics check"))
def check(*, as_json: AsJson = False) -> None:
    """Say whether every topic is there with the right number of partitions."""
    run(check_topics(settings_or_exit(), within_s=0))
    if as_json:
        facts({"topics": [plan.name for plan in TOPICS]})
        return
    console.print("all topics are there, partition counts right")
