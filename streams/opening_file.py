"""The position a warehouse starts from, as a person exports it: a CSV file, read whole or not."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.quantity import parse_quantity, render_quantity

COLUMNS = ("account", "site", "sku", "on_hand", "stock_record", "held")
ROWS_MAX = 1_000_000  # a larger file is refused: it would not fit one transaction
PROBLEMS_SHOWN_MAX = 20  # reading goes on for so many, so that a file is mended in one go
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DECIMAL = re.compile(r"(-?)0*(\d{1,13})(?:\.(?=\d)(\d{0,3}?)0*)?", re.ASCII)


class UnreadableOpening(Exception):
    """The file is no position; `problems` has a line each, nothing was loaded."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Row:
    """One line: the stock of a SKU, or one stock record of it that is on hold."""

    line: int
    account: str
    site: str
    sku: str
    on_hand_milli: int | None  # with held, picked and goods in bays; none in a row of a hold
    stock_record: str | None
    held_milli: int | None

    @property
    def of(self) -> tuple[str, str, str]:
        """Whose, where, what."""
        return self.account, self.site, self.sku


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a file; raise `UnreadableOpening` with every line that is wrong."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableOpening([f"{path}: {error.strerror}"]) from None
    return parse_rows(content)


def parse_rows(content: bytes) -> list[Row]:
    """Return the rows of a file's bytes; see `read_rows`."""
    lines = csv.reader(io.StringIO(_text(content), newline=""), strict=True)
    rows: list[Row] = []
    problems: list[str] = []
    try:
        _check_header(next(lines, None))
        line = lines.line_num + 1
        for fields in lines:
            try:
                rows.append(_row(line, fields))
            except ValueError as error:
                problems.append(f"line {line}: {error}")
            _stop_at_limits(rows, problems)
            line = lines.line_num + 1
    except csv.Error as error:
        problems.append(f"line {lines.line_num}: {error}")
    problems += _of_all(rows)
    if problems:
        raise UnreadableOpening(problems[:PROBLEMS_SHOWN_MAX])
    return rows


def _text(content: bytes) -> str:
    if content.startswith(_BYTE_ORDER_MARKS):
        raise UnreadableOpening(
            ["line 1: the file begins with a byte-order mark: save it as plain UTF-8"]
        )
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableOpening([f"line {line}: not UTF-8"]) from None


def _check_header(header: Sequence[str] | None) -> None:
    wanted = ",".join(COLUMNS)
    if not header:
        raise UnreadableOpening([f"line 1: the first line must be {wanted}"])
    unknown = [name for name in header if name not in COLUMNS]
    if unknown:
        raise UnreadableOpening([f"line 1: unknown column {unknown[0]!r}: {wanted} are known"])
    if tuple(header) != COLUMNS:
        raise UnreadableOpening([f"line 1: the columns must be {wanted}, in this order"])


def _row(line: int, fields: Sequence[str]) -> Row:
    if not any(fields):
        raise ValueError("the line is empty")
    if len(fields) != len(COLUMNS):
        raise ValueError(f"{len(fields)} fields, {len(COLUMNS)} are wanted")
    for name, text in zip(COLUMNS, fields, strict=True):
        if text != text.strip():
            raise ValueError(f"{name}: spaces around {text.strip()!r}")
        if _CONTROL.search(text):
            raise ValueError(f"{name}: a control character in {text[:60]!r}")
    account, site, sku, on_hand, record, held = fields
    for name, text in (("account", account), ("site", site), ("sku", sku)):
        if not text:
            raise ValueError(f"{name} is missing")
    _check_which(on_hand, record, held)
    return Row(
        line,
        account,
        site,
        sku,
        on_hand_milli=_number("on_hand", on_hand) if on_hand else None,
        stock_record=record or None,
        held_milli=_number("held", held) if held else None,
    )


def _check_which(on_hand: str, record: str, held: str) -> None:
    if not on_hand and not record and not held:
        raise ValueError("neither on_hand nor a stock_record that is held")
    if on_hand and (record or held):
        raise ValueError("on_hand and a held stock_record need a line each")
    if bool(record) != bool(held):
        raise ValueError("a held record needs both stock_record and held")


def _number(name: str, text: str) -> int:
    found = _DECIMAL.fullmatch(text)
    if found is None:
        raise ValueError(f"{name}: {text[:40]!r} is not a decimal number with at most 3 places")
    sign, whole, places = found.groups()
    exact = f"{sign}{whole}.{places}" if places else f"{sign}{whole}"
    milli = parse_quantity("0" if exact == "-0" else exact)
    if name == "held" and milli <= 0:
        raise ValueError(f"held: {text} is not above zero: leave the line out")
    return milli


def _stop_at_limits(rows: Sequence[Row], problems: Sequence[str]) -> None:
    if len(problems) >= PROBLEMS_SHOWN_MAX:
        raise UnreadableOpening(problems)
    if len(rows) > ROWS_MAX:
        raise UnreadableOpening([f"line {rows[-1].line}: more than {ROWS_MAX:,} rows"])


def _of_all(rows: Sequence[Row]) -> list[str]:
    """Return what is wrong between rows: said twice, or more held than there is."""
    problems: list[str] = []
    said: dict[tuple[str, ...], int] = {}
    free = {row.of: row.on_hand_milli for row in rows if row.on_hand_milli is not None}
    for row in rows:
        key = (*row.of, row.stock_record or "")
        first = said.setdefault(key, row.line)
        if first != row.line:
            what = f"stock record {row.stock_record} of {row.sku}" if row.stock_record else row.sku
            problems.append(f"line {row.line}: {what} is in line {first} already")
        elif row.held_milli is not None and row.of not in free:
            problems.append(f"line {row.line}: {row.sku} is held, but has no line with on_hand")
        elif row.held_milli is not None:
            free[row.of] -= row.held_milli
            if free[row.of] < 0:
                over = render_quantity(-free[row.of])
                problems.append(f"line {row.line}: {row.sku} holds {over} more than is on hand")
    return problems
