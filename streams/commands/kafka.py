"""`stock kafka`: the local broker, started, looked at, stopped, emptied."""

from typing import Annotated

import typer

from streams.broker import LocalKafka
from streams.commands.example import example
from streams.commands.say import (
    EXIT_DISAGREES,
    AsJson,
    ask,
    console,
    errors,
    facts,
    one_line_errors,
    settings_or_exit,
)
from streams.home import folder_in_home
from streams.settings import Settings

kafka = typer.Typer(help="The local Kafka of this machine.", no_args_is_help=True)

# Exit codes of all four: 0 done, 1 (status) it is not ready, 69 it cannot run, 78 wrong settings.


@kafka.command(epilog=example("stock kafka start"))
def start(as_json: AsJson = False) -> None:
    """Start it, unless it runs; returns once it is ready. The first time fetches Kafka, 45 MB."""
    settings = settings_or_exit()
    _warn_unused(settings)
    local = local_kafka(settings)
    with one_line_errors():
        folder_in_home(settings)
        before = local.pid
        local.start()
    if as_json:
        _print_facts(local)
        return
    verb = "runs already" if before == local.pid else "is ready"
    console.print(f"Kafka {verb} on {local.bootstrap} (process {local.pid})", highlight=False)


@kafka.command(epilog=example("stock kafka stop"))
def stop(as_json: AsJson = False) -> None:
    """Stop it in good order; its records stay."""
    local = local_kafka(settings_or_exit())
    with one_line_errors():
        ran = local.stop()
    if as_json:
        _print_facts(local)
        return
    console.print("Kafka has stopped; its records stay" if ran else "Kafka was not running")


@kafka.command(epilog=example("stock kafka status --json"))
def status(as_json: AsJson = False) -> None:
    """Say whether it runs and answers; exit 1 if it does not."""
    settings = settings_or_exit()
    _warn_unused(settings)
    local = local_kafka(settings)
    with one_line_errors():
        now = local.status()
    if as_json:
        _print_facts(local)
    elif now.pid is None:
        console.print(f"Kafka does not run (its folder: {now.folder})", soft_wrap=True)
    else:
        answers = "is ready" if now.is_ready else "runs, but does not answer yet"
        console.print(
            f"Kafka {answers} on {now.bootstrap} (process {now.pid}, log {now.log_file})",
            highlight=False,
            soft_wrap=True,
        )
    if not now.is_ready:
        raise SystemExit(EXIT_DISAGREES)


@kafka.command(epilog=example("stock kafka reset --yes"))
def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Stop it and delete every topic, record and offset it holds."""
    local = local_kafka(settings_or_exit())
    if not yes:
        ask(f"Delete every topic and record of the local Kafka in {local.folder}?")
    with one_line_errors():
        local.reset()
    if as_json:
        _print_facts(local)
        return
    console.print("Kafka has stopped and holds nothing any more: `stock kafka start` begins anew")


def local_kafka(settings: Settings) -> LocalKafka:
    """Return this installation's own Kafka; what takes long is said on stderr."""
    return LocalKafka(settings.home, settings.kafka_port, cache=settings.cache, say=errors.print)


def _warn_unused(settings: Settings) -> None:
    if settings.kafka is not None:
        errors.print(
            f"note: STOCK_KAFKA is set, the other commands use {settings.kafka}, not this one",
            highlight=False,
            soft_wrap=True,
        )


def _print_facts(local: LocalKafka) -> None:
    now = local.status()
    facts(
        {
            "bootstrap": now.bootstrap,
            "pid": now.pid,
            "is_ready": now.is_ready,
            "folder": str(now.folder),
            "log_file": str(now.log_file),
        }
    )
