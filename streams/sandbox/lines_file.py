"""A file of the retailer's lines: read as it stands, or refused with the first line that is wrong.

A gzipped CSV in UTF-8 whose first line names at least the seven `COLUMNS`, in the order of its
days; times are London's.
"""

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from streams.sandbox.lines import LONDON, Line

COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
)
# Beyond these a warehouse's own program would refuse what is made of the line.
YEAR_MIN, YEAR_MAX = 2000, 2099
_CODE = re.compile(r"[^\x00-\x1f\x7f]{1,50}")
_QUANTITY = re.compile(r"[+-]?[0-9]{1,7}")
_PRICE = re.compile(r"-?[0-9]{1,7}(\.[0-9]{1,9})?")
SHOWN_MAX = 40  # characters of a field that is wrong


class UnreadableLines(Exception):
    """A file is not of this form; `line` is the first that shows it, `why` what to do about it."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line
        self.why = why


def read_days(path: Path) -> Iterator[tuple[date, list[Line]]]:
    """Return the lines of a file day by day (London's), as they are needed; see `read_lines`."""
    for day, lines in groupby(read_lines(path), _day):
        yield day, list(lines)


def read_lines(path: Path) -> Iterator[Line]:
    """Return every line; raise `UnreadableLines` at the first wrong one, `OSError` for no file."""
    last = date.min
    with gzip.open(path, "rb") as packed:
        for number, line in _numbered(packed):
            day = _day(line)
            if day < last:
                raise UnreadableLines(number, f"{day} after {last}: sort the lines by InvoiceDate")
            last = day
            yield line


def _numbered(packed: Iterable[bytes]) -> Iterator[tuple[int, Line]]:
    """Return each line with the number of the line of text it begins in; empty ones are none."""
    rows = csv.reader(_texts(packed), strict=True)
    number = 1
    try:
        header = next(rows, [])
        wanted = _places(header)
        number = rows.line_num + 1
        for row in rows:
            yield from _numbered_line(number, row, header, wanted)
            number = rows.line_num + 1
    except UnicodeDecodeError:
        raise UnreadableLines(number, "not UTF-8: save the file as UTF-8") from None
    except csv.Error as error:
        raise UnreadableLines(number, f"no CSV ({error}): export the file anew") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        why = f"no whole gzip ({error}): pack the CSV with gzip, or copy the file again"
        raise UnreadableLines(number, why) from None
    except ValueError as error:
        raise UnreadableLines(number, str(error)) from None


def _texts(packed: Iterable[bytes]) -> Iterator[str]:
    encoding = "utf-8-sig"  # spreadsheets begin a file with a byte-order mark
    for line in packed:
        yield line.decode(encoding)
        encoding = "utf-8"


def _places(header: Sequence[str]) -> Callable[[Sequence[str]], Sequence[str]]:
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise ValueError(f"no column {missing[0]}: the first line must name {', '.join(COLUMNS)}")
    return itemgetter(*(header.index(name) for name in COLUMNS))


def _numbered_line(
    number: int,
    row: Sequence[str],
    header: Sequence[str],
    wanted: Callable[[Sequence[str]], Sequence[str]],
) -> Iterator[tuple[int, Line]]:
    if not row:
        return
    if len(row) != len(header):
        raise ValueError(
            f"{len(row)} fields, the first line has {len(header)}: mend or remove the line"
        )
    yield number, _line(wanted(row))


def _line(fields: Sequence[str]) -> Line:
    invoice, code, description, quantity, at, price, customer = fields
    return Line(
        invoice=_code("InvoiceNo", invoice),
        code=_code("StockCode", code),
        description=description.strip(),
        quantity=_quantity(quantity),
        at=_moment(at),
        price=_price(price),
        customer=customer.removesuffix(".0"),
    )


def _code(name: str, text: str) -> str:
    if not _CODE.fullmatch(text) or not text.strip():
        raise ValueError(f"{name} {_shown(text)}: 1 to 50 characters are wanted")
    return text


def _quantity(text: str) -> int:
    if not _QUANTITY.fullmatch(text) or int(text) == 0:
        raise ValueError(
            f"Quantity {_shown(text)}: a whole number of at most 7 digits is wanted, and not 0"
        )
    return int(text)


def _moment(text: str) -> datetime:
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        local = None
    if local is None or local.tzinfo is not None or not YEAR_MIN <= local.year <= YEAR_MAX:
        raise ValueError(
            f"InvoiceDate {_shown(text)}: London's time is wanted, as 2011-10-25 09:03:00, "
            f"from {YEAR_MIN} to {YEAR_MAX}"
        )
    return local.replace(tzinfo=LONDON).astimezone(UTC)


def _price(text: str) -> Decimal:
    if not _PRICE.fullmatch(text):
        raise ValueError(f"UnitPrice {_shown(text)}: pounds are wanted, as 1.25")
    return Decimal(text)


def _day(line: Line) -> date:
    return line.at.astimezone(LONDON).date()


def _shown(text: str) -> str:
    return repr(text[:SHOWN_MAX])
