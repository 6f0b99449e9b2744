"""Exact numbers of the wire: thousandths of a unit, ten-thousandths of a penny, whole pence."""

import re
from decimal import ROUND_HALF_EVEN, Decimal

_QUANTITY = re.compile(r"-?(0|[1-9]\d{0,12})(\.\d{0,2}[1-9])?", re.ASCII)
_COST = re.compile(r"\d{1,9}(\.\d{0,4})?", re.ASCII)
E4_A_PENNY = 10_000  # a unit cost counts ten-thousandths of a penny
MILLI_A_UNIT = 1_000
_WHOLE = Decimal(1)


def milli(text: object) -> int:
    """Return a quantity of the wire in thousandths; `ValueError` for any other text."""
    if not isinstance(text, str) or not _QUANTITY.fullmatch(text):
        raise ValueError(f"{text!r} is not a quantity")
    return int(Decimal(text) * MILLI_A_UNIT)


def quantity_text(thousandths: int) -> str:
    """Return thousandths as the wire writes them."""
    return f"{(Decimal(thousandths) / MILLI_A_UNIT).normalize() + 0:f}"


def cost_e4(text: object) -> int:
    """Return a unit cost of the wire in ten-thousandths of a penny; `ValueError` otherwise."""
    if not isinstance(text, str) or not _COST.fullmatch(text):
        raise ValueError(f"{text!r} is not a unit cost in pence")
    return int(Decimal(text) * E4_A_PENNY)


def worth(thousandths: int, unit_cost_e4: int) -> int:
    """Return what a quantity is worth in whole pence, rounded half to even."""
    exact = Decimal(thousandths * unit_cost_e4) / (MILLI_A_UNIT * E4_A_PENNY)
    return int(exact.quantize(_WHOLE, ROUND_HALF_EVEN))
