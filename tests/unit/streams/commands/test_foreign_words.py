"""Words of strangers in what commands print: shown as they are, no markup, and never obeyed."""

from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from streams.commands import doctor, say, verify
from streams.doctor.diagnosis import fail
from streams.verification.findings import Finding

TYPED = "broken [/PO 4411] :key: [red]"


@pytest.mark.parametrize("console", [say.console, say.errors])
def test_the_consoles_of_commands_print_plain_text(
    console: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder, an account, an id: `clarus:key:...` is of the tenant `key`."""
    console.print(TYPED)

    assert f"{TYPED}\n" in capsys.readouterr()


@pytest.mark.parametrize(
    "say_it",
    [
        lambda words: doctor._print(fail("door", words, words)),
        lambda words: verify._complain([Finding("t", 0, 1, words, words)]),
    ],
)
def test_what_a_page_or_a_record_says_cannot_act_on_the_terminal(
    say_it: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """The page may be anybody's, and so may the record."""
    say_it("\x1b[2J\x9b2J")
    said = "".join(capsys.readouterr())

    assert "\\x1b[2J\\x9b2J" in said
    assert not {"\x1b", "\x9b"} & set(said)
