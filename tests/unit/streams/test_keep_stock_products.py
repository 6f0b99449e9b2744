"""keep_stock: which of Khaos's words about a product count."""

import pytest

from ledger.valuation import Product
from tests.support.keeping import Keeping
from tests.support.movements import SKU, movement, product
from tests.support.played import Played, body

OTHERWISE = [
    (product("560", 7), "version: 7 was said with another cost, 550.0000 pence"),
    (product(None, 7), "version: 7 was said with another cost, 550.0000 pence"),
    (product("550", 7, saleable=False), "version: 7 was said with saleable the other way"),
]


@pytest.mark.parametrize(("other", "why"), OTHERWISE)
def test_a_version_said_with_other_content_is_set_aside(other: Product, why: str) -> None:
    """The first stands, the second is kept apart with the reason; through a restart too."""
    lane = Keeping()
    lane.say(product("550", 7), movement(1, quantity="2"))
    again = lane.restarted()
    again.say(other, movement(2))
    said = again.cut()

    assert [headers["reason"] for headers, _ in said.quarantine] == [why]
    assert (said.counts["products"], said.counts["products_quarantined"]) == (1, 1)
    assert [entry["value_pence"] for entry in said.journal] == [550]


def test_a_cost_for_a_version_that_had_none_is_set_aside() -> None:
    """Its movements stay parked until a version of its own tells the cost."""
    lane = Keeping()
    lane.say(product(None), movement(1), product("550"))
    said = lane.cut()

    assert [h["reason"] for h, _ in said.quarantine] == ["version: 1 was said with no cost"]
    assert (said.journal, said.counts["parked"]) == ([], 1)


def test_a_version_said_again_and_a_late_one_change_nothing() -> None:
    """Saying a thing twice is saying it once; versions order costs, not their arrival."""
    lane = Keeping()
    lane.say(product("550", 7), product("550", 7), product("100", 6), movement(1))
    said = lane.cut()

    assert (said.quarantine, said.counts["products"]) == ([], 3)
    assert [entry["value_pence"] for entry in said.journal] == [550]


def test_the_verification_sets_the_same_aside() -> None:
    """It counts what the mark counts, and proves entries by the first content."""
    played = Played(1)
    played.open(f"NPK,LEEDS,{SKU},10,,\n")
    for unit_e4, saleable in ((5_500_000, True), (5_500_000, True), (9, True), (5_500_000, False)):
        played.cost(SKU, 1, unit_e4, saleable=saleable)
    played.cost(SKU, 2, 6_000_000)
    played.cost(SKU, 1, 1)
    played.deliver("stock.received", body(1, SKU), SKU)
    played.run()

    assert played.mark().fields["counts"]["products_quarantined"] == 2
    assert played.verdict().findings == ()
