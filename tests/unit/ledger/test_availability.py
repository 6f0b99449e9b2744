"""What may be sold: clamped by account and site, only of places that are open."""

import pytest

from ledger.availability import SiteAvailability, availability_of, merge
from ledger.errors import BrokenInvariant
from ledger.holds import Place
from ledger.level import StockCard, apply
from ledger.movement import MovementKind
from tests.support.movements import ACCOUNT, SITE, SKU, movement, product

LEEDS, OTHER, YORK = Place(ACCOUNT, SITE), Place("OTHER", SITE), Place(ACCOUNT, "YORK")
K = MovementKind


@pytest.fixture
def card() -> StockCard:
    """Give 10 less 4 held at LEEDS, 3 short for another account there, 5 at YORK."""
    card = StockCard(SKU)
    for offset, moved in enumerate(
        (
            movement(1, quantity="10"),
            movement(2, K.HELD, "4", stock_record="r"),
            movement(3, K.DISPATCHED, "3", account="OTHER"),
            movement(4, quantity="5", site="YORK"),
        )
    ):
        apply(card, moved, offset)
    return card


def test_each_account_is_clamped_before_the_site_is_summed(card: StockCard) -> None:
    """What one owner lacks is not taken from what another has."""
    said = availability_of(card, {LEEDS, OTHER, YORK})

    assert said is not None
    assert said.available_milli == 11_000
    assert said.sites == (
        (SITE, SiteAvailability(7_000, 4_000, 6_000)),
        ("YORK", SiteAvailability(5_000, 0, 5_000)),
    )


def test_places_that_are_not_open_are_left_out(card: StockCard) -> None:
    """Until its opening is loaded, a place's level begins nowhere."""
    said = availability_of(card, {YORK})

    assert said is not None
    assert [name for name, _ in said.sites] == ["YORK"]
    assert availability_of(card, ()) is None


def test_saleable_is_khaos_s_word(card: StockCard) -> None:
    """A SKU that Khaos has not told of, or has withdrawn, may not be sold."""
    told = []
    for said in (None, product(saleable=False), product()):
        card.product = said
        stated = availability_of(card, {LEEDS})
        told.append(stated is not None and stated.saleable)

    assert told == [False, False, True]


def test_one_version_stated_in_two_ways_is_our_fault(card: StockCard) -> None:
    """Two statements of one version are equal, or something is broken."""
    one, other = availability_of(card, {LEEDS}), availability_of(card, {YORK})
    assert one is not None
    assert other is not None

    assert merge(one, one) == one
    with pytest.raises(BrokenInvariant, match="version 4 was stated in two ways"):
        merge(one, other)
