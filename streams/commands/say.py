"""What every command says the same way: exit codes, one-line errors, facts as JSON."""

import asyncio
import logging
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn, TypeVar

import orjson
import typer
from aiokafka.errors import KafkaError
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError
from rich.console import Console

from ledger.errors import LedgerError
from streams.broker.errors import BrokerError
from streams.engine.errors import EngineError
from streams.kafka import away
from streams.one_transaction import NotShown
from streams.settings import Settings
from streams.settings_sources import KAFKA, SEE
from streams.supervisor import ChildCannotRun

EXIT_DISAGREES = 1  # what was asked is answered with no: verify found a difference, doctor a fault
EXIT_USAGE = 2  # the command line is wrong
EXIT_UNAVAILABLE = 69  # Kafka or another part does not answer
EXIT_INTERRUPTED = 130  # Ctrl-C
EXIT_CONFIG = 78  # settings, topics or state do not fit; the message names the fix

# Plain: what is printed may be somebody's own words, "[/PO 4411]" no markup and ":key:" no picture.
console = Console(markup=False, emoji=False)
errors = Console(stderr=True, markup=False, emoji=False)

Answer = TypeVar("Answer")


def settings_or_exit() -> Settings:
    """Return the effective settings, or exit 78 with one line a wrong key or value."""
    try:
        return Settings()
    except ValidationError as error:
        for wrong in error.errors(include_url=False, include_input=False):
            complain(_wrong_setting(".".join(map(str, wrong["loc"])), wrong))
        raise SystemExit(EXIT_CONFIG) from None
    except (SettingsError, ValueError, OSError) as error:
        fail(f"the settings do not read: {error}", EXIT_CONFIG)


def fail(why: str, code: int) -> NoReturn:
    """Exit with one clear line."""
    complain(why)
    raise SystemExit(code)


def say(text: str) -> None:
    """Print a line as it is, whatever the width."""
    console.print(text, highlight=False, soft_wrap=True)


def complain(why: str) -> None:
    """Say what is wrong in one line."""
    errors.print(f"stock: {why}", style="red", highlight=False, soft_wrap=True)


def _wrong_setting(path: str, wrong: ErrorDetails) -> str:
    # The table [kafka] is `kafka_client` inside.
    name = KAFKA + path.removeprefix("kafka_client") if path.startswith("kafka_client") else path
    if wrong["type"] == "extra_forbidden":
        return f"there is no setting {name}: {SEE}"
    return f"the setting {name}: {wrong['msg'].removeprefix('Value error, ')}"


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Have what a user can cause end the command with one line, never with a traceback."""
    try:
        yield
    except KafkaError as error:
        fail("Kafka at {}: {}".format(*away(settings_or_exit(), error)), EXIT_UNAVAILABLE)
    except (BrokerError, NotShown) as error:
        fail(str(error), EXIT_UNAVAILABLE)
    except (EngineError, LedgerError, ChildCannotRun) as error:
        fail(str(error), EXIT_CONFIG)
    except PermissionError as error:
        if error.filename is None:  # of a port or a process
            raise
        fail(
            f"{error.filename}: {error.strerror}: make it this user's, or set STOCK_HOME to "
            "another folder",
            EXIT_CONFIG,
        )
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise SystemExit(EXIT_INTERRUPTED) from None


def run(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a command's work; what a user can cause becomes one line, never a traceback."""
    # Unconfigured, Python prints the warnings of libraries: aiokafka's of every refused connection.
    if not logging.getLogger().handlers:
        logging.getLogger().addHandler(logging.NullHandler())
    with one_line_errors():
        return asyncio.run(coroutine)


def ask(question: str) -> None:
    """Go on only where a person says yes; where nobody can be asked, exit 2."""
    if not sys.stdin.isatty():
        fail(f"{question} There is nobody to ask here: say --yes", EXIT_USAGE)
    if not typer.confirm(question):
        raise SystemExit(EXIT_DISAGREES)


def facts(answer: Any) -> None:
    """Print facts as one JSON object on stdout."""
    sys.stdout.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2, default=str).decode() + "\n")


AsJson = Annotated[bool, typer.Option("--json", help="Print facts as JSON.")]
