"""The retailer's lines: read as they stand, each with the one thing that it is.

A file is a gzipped CSV of eight columns (InvoiceNo, StockCode, Description, Quantity, InvoiceDate,
UnitPrice, CustomerID, Country) in the order of its dates; dates are London's.
"""

import csv
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
# Postage, discounts, fees, vouchers, write-offs of debts: charges, which no warehouse ever sees.
CHARGES = frozenset({"POST", "DOT", "M", "C2", "D", "S", "CRUK", "B", "BANK CHARGES", "AMAZONFEE"})
CHARGE_PREFIX = "GIFT_"


class Sort(Enum):
    """What a line is to a warehouse."""

    CHARGE = "charge"
    SALE = "sale"
    RETURN = "return"  # of an invoice C…
    ADJUSTMENT = "adjustment"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the retailer's, unchanged."""

    invoice: str
    code: str
    description: str
    quantity: int  # as printed: negative for returns; an adjustment's sign is the stock's
    at: datetime  # UTC
    price: Decimal  # pounds for one
    customer: str  # empty for many


def read_days(path: Path) -> Iterator[tuple[date, list[Line]]]:
    """Return the lines of a file day by day (London's), as they are needed."""
    for day, lines in groupby(read_lines(path), lambda line: line.at.astimezone(LONDON).date()):
        yield day, list(lines)


def read_lines(path: Path) -> Iterator[Line]:
    """Return every line; `KeyError` or `ValueError` if the file is not of this form."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            yield _line(row)


def sort_of(line: Line, names: Mapping[str, frozenset[str]]) -> Sort:
    """Return what a line is; `names` are the product names of each code."""
    if is_charge(line.code):
        return Sort.CHARGE
    if is_adjustment(line, names):
        return Sort.ADJUSTMENT
    return Sort.RETURN if line.invoice.startswith("C") else Sort.SALE


def is_charge(code: str) -> bool:
    """Return whether a code stands for money only."""
    return code.upper() in CHARGES or code.upper().startswith(CHARGE_PREFIX)


def is_adjustment(line: Line, names: Mapping[str, frozenset[str]]) -> bool:
    """Return whether the warehouse wrote it: no customer, no price, no product's name."""
    if line.customer or line.price:
        return False
    return line.description not in names.get(line.code, frozenset())


def reversals(lines: list[Line]) -> dict[int, int]:
    """Return which line takes back which, by their places in a day.

    A line of an invoice C… takes back an earlier one of the same customer, code and quantity,
    each at most once.
    """
    sold: dict[tuple[str, str, int], list[int]] = {}
    taken_back: dict[int, int] = {}
    for place, line in enumerate(lines):
        if not line.invoice.startswith("C"):
            sold.setdefault((line.customer, line.code, line.quantity), []).append(place)
            continue
        same = sold.get((line.customer, line.code, -line.quantity))
        if same:
            taken_back[place] = same.pop(0)
    return taken_back


def _line(row: Mapping[str, str]) -> Line:
    local = datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=LONDON)
    return Line(
        invoice=row["InvoiceNo"],
        code=row["StockCode"],
        description=row["Description"].strip(),
        quantity=int(row["Quantity"]),
        at=local.astimezone(UTC),
        price=Decimal(row["UnitPrice"]),
        customer=row["CustomerID"].removesuffix(".0"),
    )
