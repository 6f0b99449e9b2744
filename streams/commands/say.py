"""What every command says the same way: exit codes, one-line errors, facts as JSON."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

import orjson
import typer
from aiokafka.errors import KafkaError
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console

from ledger.errors import LedgerError
from streams.engine.errors import EngineError
from streams.settings import Settings
from streams.supervisor import ChildCannotRun

EXIT_DISAGREES = 1  # what was asked is answered with no: verify found a difference, doctor a fault
EXIT_USAGE = 2  # the command line is wrong
EXIT_UNAVAILABLE = 69  # Kafka or another part does not answer
EXIT_CONFIG = 78  # settings, topics or state do not fit; the message names the fix

console = Console()
errors = Console(stderr=True)

Answer = TypeVar("Answer")


def settings_or_exit() -> Settings:
    """Return the effective settings, or exit 78 with one line a wrong key or value."""
    try:
        return Settings()
    except ValidationError as error:
        for wrong in error.errors(include_url=False, include_input=False):
            name = ".".join(str(part) for part in wrong["loc"])
            errors.print(f"stock: setting {name}: {wrong['msg']}", style="red", highlight=False)
        raise SystemExit(EXIT_CONFIG) from None
    except (SettingsError, ValueError, OSError) as error:
        fail(f"the settings do not read: {error}", EXIT_CONFIG)


def fail(why: str, code: int) -> NoReturn:
    """Exit with one clear line."""
    errors.print(f"stock: {why}", style="red", highlight=False, soft_wrap=True)
    raise SystemExit(code)


def run(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a command's work; what a user can cause becomes one line, never a traceback."""
    try:
        return asyncio.run(coroutine)
    except KafkaError as error:
        fail(
            f"Kafka does not answer ({error}): start one with `stock kafka start`, "
            "or name yours with STOCK_KAFKA=host:port",
            EXIT_UNAVAILABLE,
        )
    except (EngineError, LedgerError, ChildCannotRun) as error:
        fail(str(error), EXIT_CONFIG)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def facts(answer: Any) -> None:
    """Print facts as one JSON object on stdout."""
    sys.stdout.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2, default=str).decode() + "\n")


def example(text: str) -> str:
    """Return a help epilogue with one example."""
    return f"Example: {text}"


AsJson = typer.Option(False, "--json", help="Print facts as JSON.")
