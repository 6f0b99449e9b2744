"""The fold of one movement: its outcomes, and what each does to the card."""

from copy import deepcopy
from datetime import timedelta

import pytest

from ledger.holds import Place
from ledger.level import APPLIED, CONFLICT, REPEATED, REPLAYED, StockCard, Unrecorded, apply
from ledger.movement import MovementKind
from tests.support.movements import ACCOUNT, AT, SITE, SKU, movement

PLACE = Place(ACCOUNT, SITE)
K = MovementKind


def test_a_movement_changes_its_place_alone() -> None:
    """On hand is kept by account and site; version, offset, cause and time go with it."""
    card = StockCard(SKU)

    assert apply(card, movement(1, quantity="6"), 10) == APPLIED
    assert apply(card, movement(2, K.DISPATCHED, "2", site="YORK"), 11) == APPLIED
    assert {PLACE: 6_000, Place(ACCOUNT, "YORK"): -2_000} == card.on_hand
    assert (card.version, card.applied_offset) == (2, 11)
    assert AT + timedelta(seconds=2) == card.as_of
    assert card.cause == "clarus:northpeak:stock.dispatched:2"


def test_the_same_again_is_a_repeat() -> None:
    """Same id and same meaning: no effect, at whatever offset and however received."""
    card = StockCard(SKU)
    apply(card, movement(1), 1)
    before = deepcopy(card)
    later = movement(1, received_at=AT + timedelta(hours=3), delivery="clarus.deliveries.v1/0/9")

    assert apply(card, later, 2) == REPEATED
    assert before == card


def test_other_content_is_a_conflict() -> None:
    """Same id and other content: the first stands."""
    card = StockCard(SKU)
    apply(card, movement(1, quantity="1"), 1)
    before = deepcopy(card)

    assert apply(card, movement(1, quantity="2"), 2) == CONFLICT
    assert before == card


def test_an_offset_is_applied_once() -> None:
    """What stands at or before the last applied offset is a replay: the engine's fault."""
    card = StockCard(SKU)
    apply(card, movement(1), 5)

    assert apply(card, movement(2), 5) == REPLAYED
    assert apply(card, movement(2), 4) == REPLAYED
    assert apply(card, movement(2), 6) == APPLIED


def test_what_waited_is_applied_at_its_opening() -> None:
    """Movements let in together stand before the card's last offset; the opening's counts."""
    card = StockCard(SKU)
    apply(card, movement(1), 5)

    assert apply(card, movement(2), 3, released_at=9) == APPLIED
    assert apply(card, movement(3), 4, released_at=9) == APPLIED
    assert card.applied_offset == 9
    assert apply(card, movement(4), 4, released_at=8) == REPLAYED


def test_holds_move_nothing() -> None:
    """A hold sets the state of a record; on hand stays, and held is out of what is available."""
    card = StockCard(SKU)
    apply(card, movement(1, quantity="52"), 1)
    hold = movement(2, K.HELD, "50", stock_record="48817")

    assert apply(card, hold, 2) == APPLIED
    assert apply(card, hold, 3) == REPEATED
    assert (card.on_hand[PLACE], card.held_milli(PLACE)) == (52_000, 50_000)
    assert apply(card, movement(3, K.RELEASED, "50", stock_record="48817"), 4) == APPLIED
    assert apply(card, hold, 5) == APPLIED
    assert card.held_milli(PLACE) == 50_000


def test_a_hold_byte_for_byte_after_a_release_holds_again() -> None:
    """Holds are exempt from identity: hold, release, hold again may look the same."""
    card = StockCard(SKU)
    apply(card, movement(1, quantity="5"), 1)
    hold = movement(2, K.HELD, "5", stock_record="r")
    release = movement(3, K.RELEASED, "5", stock_record="r")
    for offset, each in enumerate((hold, release, hold), start=2):
        apply(card, each, offset)

    assert card.held_milli(PLACE) == 5_000


@pytest.mark.parametrize(
    ("unrecorded", "record", "held"),
    [
        (Unrecorded.SALEABLE, None, "4"),
        (Unrecorded.HELD_FIRST, None, "1"),
        (Unrecorded.SALEABLE, "r", "1"),
        (Unrecorded.HELD_FIRST, "other", "4"),
    ],
)
def test_which_goods_leave(unrecorded: Unrecorded, record: str | None, held: str) -> None:
    """A named record loses its own; without a name the policy says whether held goods go first."""
    card = StockCard(SKU)
    apply(card, movement(1, quantity="10"), 1)
    apply(card, movement(2, K.HELD, "4", stock_record="r"), 2)
    gone = movement(3, K.ADJUSTED_DOWN, "3", stock_record=record)
    apply(card, gone, 3, unrecorded=unrecorded)

    assert card.on_hand[PLACE] == 7_000
    assert movement(quantity=held).quantity_milli == card.held_milli(PLACE)


def test_an_accepted_movement_is_new_by_a_persons_word() -> None:
    """It has an id of its own, so replaying the acceptance twice changes nothing."""
    card = StockCard(SKU)
    apply(card, movement(1, quantity="1"), 1)
    other = movement(1, quantity="2")
    accepted = movement(
        "-",
        quantity="2",
        movement_id=f"accepted:{other.movement_id}:{other.content_hash}",
        accepts=other.movement_id,
    )

    assert apply(card, accepted, 2) == APPLIED
    assert apply(card, accepted, 3) == REPEATED
    assert card.on_hand[PLACE] == 3_000
