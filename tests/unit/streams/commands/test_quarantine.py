"""What `stock quarantine` refuses before it asks Kafka anything, and how it shows a record."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from streams.cli import stock
from streams.commands.quarantine_shown import print_record
from streams.quarantine import NotFound, SetAside, find
from streams.settings import Settings

WHO, WHY = ("--who", "A. Baker"), ("--why", "counted it again")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--accept", *WHY), "--accept needs --who"),
        (("--accept", *WHO), "--accept needs --why"),
        (("--accept", *WHO, "--why", "  "), "--accept needs --why"),
        (("--accept", *WHY, "--who", "a\x1b[2J"), "--who takes up to 100 plain characters"),
        (("--accept", *WHO, "--why", "x" * 501), "--why takes up to 500 plain characters"),
        (WHO, "--who and --why go with --accept"),
    ],
)
def test_an_acceptance_is_somebody_s_and_has_a_reason(options: tuple[str, ...], said: str) -> None:
    """Who and why are kept for good, so neither may be missing or unreadable; exit 2."""
    result = CliRunner().invoke(stock, ["quarantine", "replay", "0/0", *options])

    assert result.exit_code == 2
    assert said in result.stderr


def test_a_class_that_is_none_is_refused() -> None:
    """A slip of the keyboard would look like nothing set aside."""
    refused = CliRunner().invoke(stock, ["quarantine", "list", "--class", "E99"])

    assert refused.exit_code == 2
    assert "--class" in refused.stderr


async def test_a_place_that_is_none_is_told_what_one_looks_like() -> None:
    """Before anything is read; what was not set aside is told otherwise."""
    with pytest.raises(NotFound, match="abc is no place: partition/offset"):
        await find(Settings(), "abc")


NASTY = SetAside(
    partition=3,
    offset=42,
    at=datetime(2026, 7, 3, 9, tzinfo=UTC),
    reason="sku: [bold]\x1b[31mred[/bold]",
    origin="clarus.deliveries.v1/3/1042",
    number=1,
    of=None,
    movement_id=None,
    original=[("clarus_resource", b"stock"), ("x", b"\x1b]0;title\x07")],
    value=b'{"a": "\x1b[2J"}',
)


def test_a_record_cannot_act_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Reason, headers and bytes are shown as they are, and do nothing."""
    print_record(NASTY, datetime(2026, 7, 3, 11, tzinfo=UTC))
    said = capsys.readouterr().out

    assert "\x1b" not in said
    assert "\x07" not in said
    assert r"sku: [bold]\x1b[31mred[/bold]" in said
    assert r'{"a": "\x1b[2J"}' in said


def test_a_record_is_shown_with_its_age_and_what_can_be_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A bad record names the plain replay, a kept-apart one the acceptance."""
    now = datetime(2026, 7, 3, 11, tzinfo=UTC)

    print_record(NASTY, now)
    print_record(replace(NASTY, of="E04"), now)
    bad, kept_apart = capsys.readouterr().out.split("place", 2)[1:]

    assert "2 h ago" in bad
    assert "record 2 of it" in bad
    assert "mend its cause, then: stock quarantine replay 3/42\n" in bad
    assert "stock quarantine replay 3/42 --accept --who NAME --why WHY\n" in kept_apart
