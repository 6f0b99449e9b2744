"""Quantities: exact thousandths, one text each."""

from decimal import Decimal

import pytest

from ledger.quantity import (
    QUANTITY_MILLI_MAX,
    milli_from_decimal,
    parse_quantity,
    render_quantity,
)


@pytest.mark.parametrize(
    ("text", "milli"),
    [("0", 0), ("6", 6000), ("2.5", 2500), ("-0.001", -1), ("-12.34", -12340), ("10", 10_000)],
)
def test_canonical_text(text: str, milli: int) -> None:
    """Text and thousandths are each other's inverse."""
    assert milli == parse_quantity(text)
    assert text == render_quantity(milli)


@pytest.mark.parametrize(
    "text", ["", "06", "2.50", "1.", ".5", "+1", "1e3", "1.2345", "NaN", "\u0661", "1\n", "9" * 14]
)
def test_other_text_is_refused(text: str) -> None:
    """A quantity has one form; every other is an error, so that equal facts have equal bytes."""
    with pytest.raises(ValueError, match="not a quantity"):
        parse_quantity(text)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("NaN", "not a finite"),
        ("Infinity", "not a finite"),
        ("1e400", "larger than any stock"),
        ("1000000000000.001", "larger than any stock"),
        ("0.0001", "at most 3 places"),
        ("1.00000000000000000000000000001", "at most 3 places"),
    ],
)
def test_a_decimal_that_is_no_quantity(number: str, why: str) -> None:
    """What is not finite, too fine or too large is refused by its kind."""
    with pytest.raises(ValueError, match=why):
        milli_from_decimal(Decimal(number))


def test_a_decimal_is_kept_exactly() -> None:
    """Trailing zeros and exponents are spelling, not content."""
    assert milli_from_decimal(Decimal("240.000")) == 240_000
    assert milli_from_decimal(Decimal("2.4e2")) == 240_000
    assert milli_from_decimal(Decimal(QUANTITY_MILLI_MAX) / 1000) == QUANTITY_MILLI_MAX
