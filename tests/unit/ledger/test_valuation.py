"""Money: whole pence, half to even, four decimals of a penny for one unit."""

import pytest

from ledger.valuation import divide_half_even, parse_unit_cost, render_unit_cost, value_pence
from tests.support.movements import product


@pytest.mark.parametrize(
    ("dividend", "divisor", "quotient"),
    [(5, 10, 0), (15, 10, 2), (25, 10, 2), (-5, 10, 0), (-15, 10, -2), (-25, 10, -2), (26, 10, 3)],
)
def test_halves_go_to_the_even_penny(dividend: int, divisor: int, quotient: int) -> None:
    """Rounding leans to no side, below zero either."""
    assert divide_half_even(dividend, divisor) == quotient


def test_a_value_keeps_the_sign_of_its_quantity() -> None:
    """2 units at 550 pence are worth 1,100, gone or come."""
    assert value_pence(2_000, 5_500_000) == 1_100
    assert value_pence(-2_000, 5_500_000) == -1_100
    assert value_pence(500, 12_345) == 1


@pytest.mark.parametrize("text", ["", "-1", "1.23456", "1,5", "1e2", "٣", "1.٣", "9" * 13])
def test_other_text_is_no_unit_cost(text: str) -> None:
    """A cost is pence with at most four decimals."""
    with pytest.raises(ValueError, match="not pence"):
        parse_unit_cost(text)


def test_a_unit_cost_is_text_with_four_decimals() -> None:
    """The wire shows what one unit costs to the ten-thousandth of a penny."""
    assert render_unit_cost(5_500_000) == "550.0000"
    assert parse_unit_cost("550.5") == 5_505_000


def test_a_cost_of_zero_is_none() -> None:
    """Khaos posts nothing for it, so no entry can be valued by it."""
    assert product("550").has_cost
    assert not product("0").has_cost
    assert not product(None).has_cost
