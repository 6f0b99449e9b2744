"""keep_stock at the bounds of what can be written: nothing it takes can stop it for good."""

import pytest

from ledger.holds import HELD_MAX
from ledger.movement import MovementKind
from tests.support.keeping import Keeping
from tests.support.movements import SITE, movement, product

K = MovementKind
MOST = "1000000000"  # units, of one movement
DEAREST = "999999999.999"  # pence a unit
FAR = HELD_MAX + 10_001  # records on hold: so many of the most have 14 digits


@pytest.mark.parametrize(
    ("more", "less", "level"),
    [(K.RECEIVED, K.DISPATCHED, "8000000000"), (K.DISPATCHED, K.RECEIVED, "-8000000000")],
)
def test_what_takes_levels_out_of_bounds_is_set_aside(
    more: MovementKind, less: MovementKind, level: str
) -> None:
    """Up or down; the card is written and reads back, and what leads back applies."""
    lane = Keeping()
    lane.say(product(DEAREST))
    lane.take(movement(number, more, MOST) for number in range(19))
    said = lane.cut()
    assert (said.counts["applied"], said.counts["quarantined"]) == (9, 10)
    assert {headers["reason"].partition(": ")[2] for headers, _ in said.quarantine} == {
        "9000000000 units in all, up or down"
    }
    lane = lane.restarted()
    lane.say(product("0.001", 2), product(DEAREST, 3), movement("less", less, MOST))

    assert lane.cut().availability[0]["sites"][SITE]["on_hand"] == level


def test_what_was_applied_at_the_bounds_is_a_repeat() -> None:
    """It is known by its id before it is weighed."""
    lane = Keeping()
    lane.take(movement(number, quantity=MOST) for number in range(9))
    lane.say(movement(8, quantity=MOST))

    assert lane.cut().counts["repeated"] == 1


def test_no_more_is_on_hold_than_can_be_on_hand() -> None:
    """However many records have lost their names: the card reads back."""
    lane = Keeping()
    lane.say(movement("all", quantity=MOST))
    lane.take(movement(number, K.HELD, MOST, stock_record=f"r{number}") for number in range(FAR))
    lane = lane.restarted()
    lane.say(movement("more", quantity=MOST))

    assert lane.cut().availability[0]["sites"][SITE]["held"] == "2000000000"
