"""What stock is worth: Khaos's cost by version, and the posted pool of units and pence.

Money is whole pence; a unit cost has four decimals of a penny, as the wire carries it.
"""

from ledger.immutable import immutable
from ledger.quantity import MILLI

COST_SCALE = 10_000  # a unit cost counts ten-thousandths of a penny
UNIT_COST_DIGITS_MAX = 9  # of whole pence: below ten million pounds a unit


@immutable
class Product:
    """What Khaos says of a SKU at one version."""

    sku: str
    version: int
    unit_cost_e4: int | None  # ten-thousandths of a penny for one stock unit; None: no cost
    saleable: bool

    @property
    def has_cost(self) -> bool:
        """Say whether entries can be valued; a cost of zero is none: Khaos posts nothing for it."""
        return bool(self.unit_cost_e4)


@immutable
class Pool:
    """Units entered in our book and their pence; zero units are zero pence."""

    units_milli: int = 0
    pence: int = 0


def value_pence(quantity_milli: int, unit_cost_e4: int) -> int:
    """Return the value of a quantity in whole pence, half to even; keeps the quantity's sign."""
    return divide_half_even(quantity_milli * unit_cost_e4, MILLI * COST_SCALE)


def divide_half_even(dividend: int, divisor: int) -> int:
    """Return the quotient of integers, rounded half to even; the divisor is positive."""
    quotient, rest = divmod(dividend, divisor)
    doubled = 2 * rest
    if doubled > divisor or (doubled == divisor and quotient % 2):
        quotient += 1
    return quotient


def render_unit_cost(unit_cost_e4: int) -> str:
    """Return a unit cost as pence with four decimals."""
    return f"{unit_cost_e4 // COST_SCALE}.{unit_cost_e4 % COST_SCALE:04d}"


def parse_unit_cost(text: str) -> int:
    """Return pence with at most four decimals as ten-thousandths; raise `ValueError` otherwise."""
    whole, _, places = text.partition(".")
    is_whole = whole.isascii() and whole.isdigit() and len(whole) <= UNIT_COST_DIGITS_MAX
    if not is_whole or len(places) > 4:
        raise ValueError(f"not pence with at most four decimals: {text[:40]!r}")
    if places and not (places.isascii() and places.isdigit()):
        raise ValueError(f"not pence with at most four decimals: {text[:40]!r}")
    return int(whole) * COST_SCALE + int(places.ljust(4, "0") or "0")
