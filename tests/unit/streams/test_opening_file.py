"""The position file: what is read, and what is refused with its line."""

import pytest

from streams.opening_file import COLUMNS, PROBLEMS_SHOWN_MAX, Row, UnreadableOpening, parse_rows

HEADER = ",".join(COLUMNS) + "\n"


def rows(text: str) -> list[Row]:
    return parse_rows((HEADER + text).encode())


def problems(content: bytes) -> tuple[str, ...]:
    with pytest.raises(UnreadableOpening) as refused:
        parse_rows(content)
    return refused.value.problems


def test_a_sku_and_its_held_record_are_two_rows() -> None:
    """A line with on_hand is a level, a line with stock_record and held is a hold."""
    read = rows("NPK,LEEDS,MUG,52.5,,\nNPK,LEEDS,MUG,,48817,2\n")

    assert [
        Row(2, "NPK", "LEEDS", "MUG", 52_500, None, None),
        Row(3, "NPK", "LEEDS", "MUG", None, "48817", 2_000),
    ] == read


@pytest.mark.parametrize(
    ("text", "milli"),
    [("0", 0), ("-0", 0), ("007", 7_000), ("1.50", 1_500), ("-3.125", -3_125), ("2.5000", 2_500)],
)
def test_decimals_are_exact(text: str, milli: int) -> None:
    """A number is taken to its last place, however it is written."""
    assert milli == rows(f"A,S,X,{text},,\n")[0].on_hand_milli


@pytest.mark.parametrize(
    "text", ["1e3", "1.2345", "NaN", "inf", "1,000", "0x10", "+1", ".5", "5.", "٣", "1" * 14]
)
def test_other_numbers_are_refused(text: str) -> None:
    """What is not a plain decimal with at most three places is not guessed at."""
    assert "line 2: on_hand" in problems((HEADER + f'A,S,X,"{text}",,\n').encode())[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("A,S,X,1,,\n\nA,S,Y,1,,\n", "line 3: the line is empty"),
        ("A,S,X,1,,\nA,S,X,2,,\n", "line 3: X is in line 2 already"),
        ("A,S,X,9,,\nA,S,X,,r,1\nA,S,X,,r,1\n", "line 4: stock record r of X is in line 3 already"),
        ("A,S,X,1,\n", "line 2: 5 fields, 6 are wanted"),
        ("A,S,,1,,\n", "line 2: sku is missing"),
        ("A,S, X,1,,\n", "line 2: sku: spaces around 'X'"),
        ("A,S,X\x07,1,,\n", "line 2: sku: a control character in 'X\\x07'"),
        ("A,S,X,,,\n", "line 2: neither on_hand nor a stock_record that is held"),
        ("A,S,X,1,r,1\n", "line 2: on_hand and a held stock_record need a line each"),
        ("A,S,X,,r,\n", "line 2: a held record needs both stock_record and held"),
        ("A,S,X,1,,\nA,S,X,,r,0\n", "line 3: held: 0 is not above zero: leave the line out"),
        ("A,S,X,,r,1\n", "line 2: X is held, but has no line with on_hand"),
        ("A,S,X,1,,\nA,S,X,,r,1.5\n", "line 3: X holds 0.5 more than is on hand"),
        ('A,S,"X,1,,\n', "line 2: unexpected end of data"),
    ],
)
def test_a_wrong_line_is_named(text: str, reason: str) -> None:
    """A file that is wrong anywhere is refused whole, with the line and the reason."""
    assert reason in problems((HEADER + text).encode())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "line 1: the first line must be"),
        (b"\xef\xbb\xbf" + HEADER.encode(), "line 1: the file begins with a byte-order mark"),
        (HEADER.encode() + b"A,S,\xff,1,,\n", "line 2: not UTF-8"),
        (b"account,site,sku,qty\n", "line 1: unknown column 'qty'"),
        (b"site,account,sku,on_hand,stock_record,held\n", "line 1: the columns must be"),
        (b"account,site,sku\n", "line 1: the columns must be"),
    ],
)
def test_a_wrong_file_is_named(content: bytes, reason: str) -> None:
    """What is no file of ours is refused at its first line that shows it."""
    assert problems(content)[0].startswith(reason)


def test_all_wrong_lines_are_named_at_once() -> None:
    """A person mends a file in one go; beyond a limit the rest is not read."""
    found = problems((HEADER + "A,S,X,wrong,,\n" * 100).encode())

    assert len(found) == PROBLEMS_SHOWN_MAX


def test_the_line_is_the_editor_s() -> None:
    """A quoted field may span lines; what follows keeps its number."""
    assert "line 4: sku is missing" in problems((HEADER + 'A,S,"X\nY",1,,\nA,S,,1,,\n').encode())
