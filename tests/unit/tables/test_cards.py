"""Cards as bytes: readable, small, and refused where they do not read back."""

import orjson
import pytest

from ledger.errors import UnreadableState
from ledger.holds import Place
from ledger.level import StockCard, apply
from ledger.movement import MovementKind
from ledger.remembered import KEPT_MAX
from ledger.valuation import Pool
from tables.cards import has_level, parse_card, render_card
from tests.support.movements import AT, SKU, movement, product

CARD_BYTES_MAX = 512 * 1024  # well under what a broker takes in one record
MEDIAN_CARD_BYTES_MAX = 1024


def full_card() -> StockCard:
    card = StockCard(SKU, pool=Pool(6_000, 3_300), product=product("550", 7))
    apply(card, movement(1, quantity="6"), 4)
    apply(card, movement(2, MovementKind.HELD, "2", stock_record="48817"), 5)
    card.exceptions["E03:MUG-BLUE-350"] = AT
    return card


def test_a_card_can_be_read_by_a_person() -> None:
    """Levels, pool, product and offsets stand in plain words."""
    shown = orjson.loads(render_card(full_card()))

    assert shown["levels"] == [{"account": "NPK", "site": "LEEDS", "on_hand": "6", "held": "2"}]
    assert shown["pool"] == {"units": "6", "pence": 3300}
    assert shown["product"] == {"version": 7, "unit_cost_pence": "550.0000", "saleable": True}
    assert (shown["version"], shown["applied_offset"]) == (2, 5)


@pytest.mark.parametrize("site", ["LEEDS", 'LE"EDS', "Łódź", "a\\\\b", "},{"])
def test_a_level_is_seen_without_decoding(site: str) -> None:
    """Of exactly the place it is of, whatever its code; never what a hold or an id says."""
    card = StockCard('",site":"YORK",')
    apply(card, movement(1, site="YORK", account="OTHER"), 1)
    apply(card, movement('{"account":"NPK","site":"HULL",', site=site), 2)
    apply(card, movement(3, MovementKind.HELD, site="HULL", stock_record="1"), 3)
    value = render_card(card)

    assert has_level(value, Place("NPK", site))
    assert has_level(value, Place("OTHER", "YORK"))
    for account, other in (("NPK", "YORK"), ("OTHER", site), ("NPK", "HULL"), ("NPK", "LEE")):
        assert not has_level(value, Place(account, other))


def test_every_field_survives() -> None:
    """Exceptions and forgotten times included."""
    card = full_card()
    card.remembered.forgotten_until = AT

    assert parse_card(render_card(card)) == card
    assert parse_card(render_card(StockCard("A/B %"))) == StockCard("A/B %")


@pytest.mark.parametrize("body_clock", [False, True])
def test_a_record_on_hold_with_nothing_in_it_survives(*, body_clock: bool) -> None:
    """What is put back on it after a restart is held."""
    card = full_card()
    left = movement(3, MovementKind.ADJUSTED_DOWN, "2", stock_record="48817")
    apply(card, left, 6, body_clock=body_clock)
    again = parse_card(render_card(card))
    back = movement(4, MovementKind.ADJUSTED_UP, "2", stock_record="48817")
    apply(again, back, 7, body_clock=body_clock)
    shown = orjson.loads(render_card(again))

    assert orjson.loads(render_card(card))["holds"]["held"] == [["NPK", "LEEDS", "48817", "0"]]
    assert shown["levels"] == [{"account": "NPK", "site": "LEEDS", "on_hand": "6", "held": "2"}]


def test_goods_that_name_a_record_cost_a_card_without_holds_nothing() -> None:
    """Only what is on hold is kept, and what was not released."""
    card = StockCard(SKU)
    for number, kind in enumerate((MovementKind.RECEIVED, MovementKind.DISPATCHED)):
        apply(card, movement(number, kind, stock_record="48817"), number)

    assert b'"holds":null' in render_card(card)


@pytest.mark.parametrize("value", [b"", b"[]", b"{}", b'{"sku":"S"}', b"\xff"])
def test_bytes_that_are_no_card_are_refused(value: bytes) -> None:
    """A changelog that does not read back stops the lane before it counts anything."""
    with pytest.raises(UnreadableState, match="a card does not read back"):
        parse_card(value)


def test_a_usual_card_is_small() -> None:
    """A fortnight of one movement a day, a place and a cost, in less than a kilobyte."""
    card = full_card()
    for number in range(10, 24):
        apply(card, movement(number), number)

    assert len(render_card(card)) < MEDIAN_CARD_BYTES_MAX


def test_the_largest_card_fits_a_record() -> None:
    """Everything remembered and thousands of records on hold."""
    card = StockCard(SKU)
    for number in range(KEPT_MAX):
        apply(card, movement(number), 2 * number)
        held = movement(number, MovementKind.HELD, stock_record=f"record-{number:053}")
        apply(card, held, 2 * number + 1)

    assert len(render_card(card)) < CARD_BYTES_MAX
