"""The retailer's lines, each with the one thing that it is to a warehouse."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
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
