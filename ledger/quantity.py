"""Exact quantities: whole thousandths of a stock unit inside, decimal text on the wire.

Clarus measures in a product's stock unit and prints decimals (documented: `240.0`); three
places are the finest it is assumed to use. Integers keep the arithmetic exact and cheap.
"""

import re
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import lru_cache

MILLI = 1000
# Of one movement: beyond a thousand million units a figure is a typing error, and what is worth up
# to `UNIT_COST_DIGITS_MAX` digits of pence apiece would leave 64 bits.
QUANTITY_MILLI_MAX = 10**12
# Of all levels of a SKU together, each without its sign: at the highest cost they are worth less
# than 2**63 pence, so that whatever is reckoned of them can be written, and read back.
LEVELS_MILLI_MAX = 9 * QUANTITY_MILLI_MAX
_CANONICAL = re.compile(r"-?(0|[1-9]\d{0,12})(\.\d{0,2}[1-9])?")
_PLACES_MAX = 3
_LARGEST = Decimal(QUANTITY_MILLI_MAX // MILLI)
# Rounding would let a 29th digit through unseen.
_EXACT = Context(traps=[Inexact, InvalidOperation])


def parse_quantity(text: str) -> int:
    """Return canonical decimal text as thousandths; raise `ValueError` for any other text."""
    if not _CANONICAL.fullmatch(text):
        raise ValueError(f"not a quantity with at most {_PLACES_MAX} places: {text[:40]!r}")
    whole, _, places = text.partition(".")
    milli = int(whole) * MILLI
    if places:
        part = int(places.ljust(_PLACES_MAX, "0"))
        milli = milli - part if whole.startswith("-") else milli + part
    return milli


def milli_from_decimal(number: Decimal) -> int:
    """Return a decimal as thousandths; raise `ValueError` if it is not finite, fine or small."""
    if not number.is_finite():
        raise ValueError("not a finite number")
    if number.adjusted() > _LARGEST.adjusted():
        raise ValueError("larger than any stock")
    try:
        milli = _EXACT.multiply(number, MILLI)
    except Inexact:
        raise ValueError(f"not a number with at most {_PLACES_MAX} places") from None
    if milli != milli.to_integral_value():
        raise ValueError(f"not a number with at most {_PLACES_MAX} places")
    if abs(milli) > QUANTITY_MILLI_MAX:
        raise ValueError("larger than any stock")
    return int(milli)


@lru_cache(maxsize=8_192)  # the same few quantities come again and again
def render_quantity(milli: int) -> str:
    """Return thousandths as the shortest exact decimal text."""
    whole, places = divmod(abs(milli), MILLI)
    text = f"{whole}.{places:03d}".rstrip("0") if places else str(whole)
    return f"-{text}" if milli < 0 else text
