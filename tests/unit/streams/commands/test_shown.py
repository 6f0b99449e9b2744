"""Bytes of strangers on a terminal: seen, never obeyed."""

from datetime import UTC, datetime, timedelta

import pytest

from streams.commands.shown import age, hex_dump, safe_bytes, safe_text


@pytest.mark.parametrize(
    ("dangerous", "shown"),
    [
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("a\rb", "a\\x0db"),
        ("bell\x07", "bell\\x07"),
        ("csi\x9b31m", "csi\\x9b31m"),
        ("turned\u202eround", "turned\\u202eround"),
        ("line\nbreak", "line\\x0abreak"),
        ("Größe 10 £", "Größe 10 £"),
    ],
)
def test_what_a_terminal_acts_on_is_spelled_out(dangerous: str, shown: str) -> None:
    """Control and format characters lose their power, all others stay."""
    assert shown == safe_text(dangerous)


def test_a_body_keeps_its_lines() -> None:
    """Line ends and tabs of a body are harmless and make it readable."""
    assert safe_bytes(b'{\n\t"a": "\x1b"}') == '{\n\t"a": "\\x1b"}'


def test_what_is_no_text_is_dumped() -> None:
    """Every byte is there, plain letters beside them."""
    dump = safe_bytes(b"\xff\xfe" + b"ABCDEFGHIJKLMNOP")

    assert dump.splitlines()[0] == (
        "00000000  ff fe 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e  ..ABCDEFGHIJKLMN"
    )
    assert dump.splitlines()[1].startswith("00000010  4f 50  ")


def test_nothing_is_dumped_as_nothing() -> None:
    """No bytes, no lines."""
    assert hex_dump(b"") == ""


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7_199, "1 h"), (200_000, "2 d")]
)
def test_age_is_said_in_its_largest_unit(seconds: int, said: str) -> None:
    """One number, one unit; a clock that is ahead makes nothing younger than now."""
    now = datetime(2026, 7, 3, tzinfo=UTC)

    assert said == age(now - timedelta(seconds=seconds), now)
    assert age(now + timedelta(seconds=1), now) == "0 s"
