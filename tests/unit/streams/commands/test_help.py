"""Every command can be understood from itself."""

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from streams.cli import stock

# Those that print no facts: they run until they are stopped.
RUN_ON = {"up", "door", "worker"}


def commands(path: str = "", command: Any = None) -> Iterator[tuple[str, Any]]:
    command = command or get_command(stock)
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(f"{path} {name}".strip(), inner)
    if path and not hasattr(command, "commands"):
        yield path, command


COMMANDS = dict(commands())


@pytest.mark.parametrize("path", COMMANDS)
def test_help_has_a_promise_and_an_example(path: str) -> None:
    """The example is a command line of this very command."""
    command = COMMANDS[path]

    assert command.help
    assert f"stock {path}" in (command.epilog or "")


@pytest.mark.parametrize("path", COMMANDS.keys() - RUN_ON)
def test_facts_are_there_as_json(path: str) -> None:
    """A command that prints facts prints them for programs too."""
    options = {option for one in COMMANDS[path].params for option in one.opts}

    assert "--json" in options


@pytest.mark.parametrize("path", COMMANDS)
def test_help_is_shown(path: str) -> None:
    """`--help` works and exits 0."""
    result = CliRunner().invoke(stock, [*path.split(), "--help"])

    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_the_version_is_that_of_the_package() -> None:
    """`stock --version`, as a report of a fault needs it."""
    result = CliRunner().invoke(stock, ["--version"])

    assert (result.exit_code, result.stdout.strip()) == (0, version("stock-ledger"))
