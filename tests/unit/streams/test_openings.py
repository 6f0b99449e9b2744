"""Openings: which places are open since when, through a mark."""

from datetime import timedelta

from ledger.holds import Place
from streams.openings import Openings, UnderWay
from tests.support.movements import ACCOUNT, AT, SITE

PLACE = Place(ACCOUNT, SITE)


def test_openings_read_back_from_the_mark() -> None:
    """Plain values in the mark give back the same places and moments, to the microsecond."""
    openings = Openings()
    openings.open(Place("Z", SITE), AT + timedelta(microseconds=1))
    openings.open(Place(ACCOUNT, SITE), AT)
    again = Openings(openings.state())

    assert again.opened == openings.opened
    assert again.state() == openings.state()
    assert [row[0] for row in again.state()["openings"]] == [ACCOUNT, "Z"]
    assert "opening" not in again.state()


def test_an_opening_under_way_reads_back_from_the_mark() -> None:
    """It goes on where the mark says that it had come to."""
    openings = Openings()
    openings.open(PLACE, AT)
    openings.under_way = UnderWay(*PLACE, 3, 1_234, "JUG")
    again = Openings(openings.state())

    assert again.under_way == openings.under_way
    assert again.opened_to("JUG") == {PLACE: AT}


def test_a_place_is_open_for_a_sku_once_its_opening_has_come_to_it() -> None:
    """Until then the SKU's other places are open, as they were."""
    other = Place(ACCOUNT, "YORK")
    openings = Openings()
    openings.open(other, AT)
    openings.open(PLACE, AT)
    openings.under_way = UnderWay(*PLACE, 0, 7, "JUG")

    assert openings.opened_to("CUP") == {other: AT, PLACE: AT}
    assert openings.opened_to("MUG") == {other: AT}

    openings.under_way = None

    assert openings.opened_to("MUG") == {other: AT, PLACE: AT}


def test_nothing_is_open_at_first() -> None:
    """A first start has no openings."""
    assert Openings().opened == {}
    assert Openings().state() == {"openings": []}
