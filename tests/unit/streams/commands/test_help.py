"""Every command can be understood from itself."""

import json
import subprocess
import sys
from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from streams.cli import VERBS, Verb, stock
from tests.support.verbs import commands, verbs

# Those that print no facts: they run until they are stopped.
RUN_ON = {"up", "door", "worker"}


COMMANDS = dict(commands())
# What only one or two verbs need, and takes long to import.
HEAVY = ("faust", "streams.demo", "streams.sandbox", "streams.bench")
IMPORTED_BY = """
import json, sys
from streams.cli import stock
try:
    stock(sys.argv[1:])
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


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


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_the_list_says_what_a_verb_says_of_itself(verb: Verb) -> None:
    """The list is written apart, so that it can be shown without importing what it lists."""
    own = (verbs()[verb.name].help or "").split("\n\n")[0]

    assert " ".join(own.split()) == verb.summary


@pytest.mark.parametrize(
    ("words", "kept_out"),
    [
        ("--help", (*HEAVY, "aiokafka", "aiohttp", "pydantic")),
        ("topics check --help", HEAVY),
        ("show --help", HEAVY),
        ("door --help", HEAVY),
    ],
)
def test_a_verb_imports_what_it_needs(words: str, kept_out: tuple[str, ...]) -> None:
    """Faust, aiohttp and the sandbox take a second or two: not for a look at the help."""
    ran = subprocess.run(
        [sys.executable, "-c", IMPORTED_BY, *words.split()],
        check=True,
        capture_output=True,
        text=True,
    )
    imported = set(json.loads(ran.stderr))

    assert ran.stdout
    assert set() == imported & set(kept_out)


def test_the_version_is_that_of_the_package() -> None:
    """`stock --version`, as a report of a fault needs it."""
    result = CliRunner().invoke(stock, ["--version"])

    assert (result.exit_code, result.stdout.strip()) == (0, version("stock-ledger"))
