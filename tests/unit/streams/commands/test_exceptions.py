"""The page of `stock exceptions`: what stands, whose it is, and what ends it."""

from datetime import UTC, datetime

import orjson
import pytest
from rich.console import Console
from typer.testing import CliRunner

from ledger.exceptions import ExceptionClass, Notice
from ledger.wire_outputs import ExceptionV1, render_notice
from streams.cli import stock
from streams.commands.exceptions import fields, table, to_do
from streams.commands.say import facts

AT = datetime(2026, 7, 3, 9, tzinfo=UTC)
TWO_HOURS_ON = datetime(2026, 7, 3, 11, tzinfo=UTC)


def stands(of: ExceptionClass, why: str = "as it is") -> ExceptionV1:
    notice = Notice(of, f"{of.value}:MUG", "raised", "MUG", None, why, AT, AT, "s/0/1")
    return ExceptionV1.model_validate_json(render_notice(notice))


@pytest.mark.parametrize("of", ExceptionClass)
def test_every_class_names_its_owner_and_what_ends_it(
    of: ExceptionClass, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody need know the numbers by heart."""
    page = Console(width=200)
    page.print(table([stands(of)], TWO_HOURS_ON))
    page.print(to_do([stands(of), stands(of)]))
    head, row, foot = capsys.readouterr().out.splitlines()

    assert head.split() == ["age", "class", "owner", "SKU", "why"]
    assert row.split("  ")[0] == "2 h"
    assert f"{of.value}    {of.owner}" in row
    assert foot.startswith(f"2  {of.value}  ")
    assert len(foot) > len("2  E02  ")


def test_the_facts_are_those_of_the_topic(capsys: pytest.CaptureFixture[str]) -> None:
    """For programs: the same names and forms as its records have."""
    notice = Notice(ExceptionClass.NO_COST, "E03:MUG", "raised", "MUG", None, "no", AT, AT, "s/0/1")
    record = render_notice(notice)
    facts(fields(ExceptionV1.model_validate_json(record)))

    assert orjson.loads(capsys.readouterr().out) == orjson.loads(record)


def test_a_reason_cannot_act_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """It holds what somebody typed."""
    Console().print(table([stands(ExceptionClass.CONFLICT, "[red]\x1b[2J")], TWO_HOURS_ON))

    assert r"[red]\x1b[2J" in capsys.readouterr().out


def test_a_class_that_is_none_is_refused() -> None:
    """A slip of the keyboard would look like nothing to do; the classes are named."""
    refused = CliRunner().invoke(stock, ["exceptions", "--class", "E99"])

    assert refused.exit_code == 2
    assert "--class" in refused.stderr
