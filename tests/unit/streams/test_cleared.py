"""Exceptions that are cleared: their records are deleted a year later, and not before."""

from datetime import timedelta

from ledger.movement import MovementKind as K
from tests.support.keeping import Keeping
from tests.support.movements import AT, SKU, movement, product

A_YEAR = timedelta(days=365)
NAME = f"E07:{SKU}:NPK:LEEDS"


def below_zero_and_back(lane: Keeping) -> None:
    """Have a level go below zero, and come right again."""
    lane.say(product("550"), movement(1, K.DISPATCHED, "5"))
    assert (NAME, "raised") in lane.cut().exceptions
    lane.say(movement(2, quantity="9"))
    assert lane.cut().exceptions == [(NAME, "cleared")]


def test_a_cleared_exception_is_deleted_after_a_year() -> None:
    """By a tombstone with the first record after that; it is said once."""
    lane = Keeping()
    below_zero_and_back(lane)
    lane.clock = AT + A_YEAR
    lane.say(movement(3))
    assert lane.cut().deleted == []
    lane.clock += timedelta(minutes=1)
    lane.say(movement(4))
    assert lane.cut().deleted == [NAME.encode()]
    lane.say(movement(5))
    assert lane.cut().deleted == []
    assert not any(key.startswith(b"\x00cleared:") for key in lane.changelog)


def test_a_restart_forgets_no_deletion_to_come() -> None:
    """When each was cleared is in the changelog."""
    lane = Keeping()
    below_zero_and_back(lane)
    again = lane.restarted()
    again.clock = AT + A_YEAR + timedelta(minutes=1)
    again.say(movement(3))
    assert again.cut().deleted == [NAME.encode()]


def test_an_exception_raised_again_is_not_deleted() -> None:
    """What stands is kept however old its first clearing is."""
    lane = Keeping()
    below_zero_and_back(lane)
    lane.say(movement(3, K.DISPATCHED, "50"))
    assert lane.cut().exceptions == [(NAME, "raised")]
    lane.clock = AT + 2 * A_YEAR
    lane.say(movement(4, quantity="1"))
    assert lane.cut().deleted == []
