"""Openings: which places are open since when, through a mark."""

from datetime import timedelta

from ledger.holds import Place
from streams.openings import Openings
from tests.support.movements import ACCOUNT, AT, SITE


def test_openings_read_back_from_the_mark() -> None:
    """Plain values in the mark give back the same places and moments, to the microsecond."""
    openings = Openings()
    openings.open(Place("Z", SITE), AT + timedelta(microseconds=1))
    openings.open(Place(ACCOUNT, SITE), AT)
    again = Openings(openings.state())

    assert again.opened == openings.opened
    assert again.state() == openings.state()
    assert [row[0] for row in again.state()] == [ACCOUNT, "Z"]


def test_nothing_is_open_at_first() -> None:
    """A first start has no openings."""
    assert Openings().opened == {}
    assert Openings().state() == []
