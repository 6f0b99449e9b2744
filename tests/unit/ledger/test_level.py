"""The fold of one movement: its outcomes, and what each does to the card."""

from copy import deepcopy
from datetime import timedelta

import pytest

from ledger.holds import Place
from ledger.level import (
    APPLIED,
    CONFLICT,
    REPEATED,
    REPLAYED,
    TOO_OLD,
    Admission,
    StockCard,
    Unrecorded,
    apply,
)
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
    admission = Admission(9)

    assert apply(card, movement(2), 3, admission=admission) == APPLIED
    assert apply(card, movement(3), 4, admission=admission) == APPLIED
    assert card.applied_offset == 9
    assert apply(card, movement(4), 4, admission=Admission(8)) == REPLAYED


def much_forgotten() -> StockCard:
    """Return a card that has forgotten what occurred at LEEDS up to a day after `AT`."""
    card = StockCard(SKU)
    for day in range(20):
        apply(card, movement(f"leeds {day}", at=AT + timedelta(days=day)), day)
    assert card.remembered.forgotten_until is not None
    return card


def test_nothing_of_a_place_that_was_not_open_is_too_old() -> None:
    """Its opening, and what waited for it, repeat nothing that another place displaced."""
    card, admission = much_forgotten(), Admission(30)
    opening = movement("york", K.OPENING, "10", site="YORK")
    waited = movement(1, K.DISPATCHED, "2", site="YORK")

    assert apply(card, movement(2, site="YORK"), 20) == TOO_OLD
    assert apply(card, opening, 21) == APPLIED
    assert apply(card, opening, 22) == REPEATED
    assert apply(card, waited, 19, admission=admission) == APPLIED
    assert card.on_hand[Place(ACCOUNT, "YORK")] == 8_000


def test_a_repeat_among_what_waited_is_found_however_much_waited() -> None:
    """What is let in together is judged by all of it, though a card remembers less."""
    card, admission = StockCard(SKU), Admission(5_000)
    for number in range(4_200):
        apply(card, movement(number), number, admission=admission)
    before = deepcopy(card)

    assert not card.remembered.knows(movement(0).movement_id)
    assert apply(card, movement(0), 4_200, admission=admission) == REPEATED
    assert apply(card, movement(0, quantity="2"), 4_201, admission=admission) == CONFLICT
    assert before == card


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
