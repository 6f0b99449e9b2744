"""A hold sets the state of a whole stock record, and may come again byte for byte."""

from datetime import UTC, datetime

import pytest

from ledger.movement import Movement, MovementKind
from tests.support.records import Said, delivered, on_hold, translated


def _one(said: Said) -> Movement:
    (movement,) = said.movements
    return movement


def test_hold_carries_the_record_and_its_quantity() -> None:
    """The body is the stock record itself, unless a setting says otherwise."""
    movement = _one(translated([delivered("stock.placed_on_hold", on_hold())]))

    assert movement.kind == MovementKind.HELD
    assert (movement.stock_record, movement.quantity_milli) == ("5150", 18_000)
    assert (movement.reason, movement.note) == ("CHECK", "Veneer lifting")


def test_holds_that_look_alike_are_two_facts_under_the_arrival_clock() -> None:
    """The place in the log tells them apart, even in one batch and in one delivery."""
    twice = [on_hold(), on_hold()]
    deliveries = [
        delivered("stock.placed_on_hold", on_hold(), offset=7),
        delivered("stock.placed_on_hold", on_hold(), offset=8),
        delivered("stock.placed_on_hold", twice, offset=9),
    ]
    ids = [movement.movement_id for movement in translated(deliveries).movements]

    assert ids[0] == "clarus:fernhill:stock.placed_on_hold:5150:2026-03-05T09:10:05Z:3/7"
    assert len(set(ids)) == 4


def test_body_time_says_which_side_of_the_opening_a_hold_is_on() -> None:
    """Under the arrival clock it orders nothing; without it the time of receipt stands in."""
    deliveries = [
        delivered("stock.placed_on_hold", on_hold()),
        delivered("stock.placed_on_hold", on_hold(updated_at=None)),
    ]
    with_time, without = translated(deliveries).movements

    assert datetime(2026, 3, 5, 9, 9, 30, tzinfo=UTC) == with_time.occurred_at
    assert without.received_at == without.occurred_at


@pytest.mark.parametrize("clock", ["created_at", "updated_at"])
def test_body_clock_gives_the_time_and_the_id(clock: str) -> None:
    """A hold told twice is then one fact; one told later is another."""
    body = on_hold(**{"updated_at": None, clock: "2026-03-05T09:00:00Z"})
    later = {**body, clock: "2026-03-05T09:01:00Z"}
    deliveries = [
        delivered("stock.released_from_hold", each, offset=offset)
        for offset, each in enumerate((body, body, later))
    ]
    first, again, other = translated(deliveries, hold_time=clock).movements

    assert datetime(2026, 3, 5, 9, tzinfo=UTC) == first.occurred_at
    assert (first.movement_id, first.content_hash) == (again.movement_id, again.content_hash)
    assert first.movement_id != other.movement_id


def test_body_clock_needs_its_time() -> None:
    """Without it the hold cannot be put in order, and is not guessed."""
    said = translated([delivered("stock.placed_on_hold", on_hold())], hold_time="created_at")

    assert (said.reasons) == ["created_at: there is none, and clarus.hold_time orders holds by it"]


def test_hold_may_be_a_transaction() -> None:
    """The other reading of the vendor's words: then the record has a field of its own."""
    body = on_hold(id=70001, stock_id=5150)
    deliveries = [delivered("stock.placed_on_hold", body)]
    movement = _one(translated(deliveries, id_is={"stock.placed_on_hold": "transaction"}))

    assert movement.stock_record == "5150"
    assert movement.movement_id.startswith("clarus:fernhill:stock.placed_on_hold:70001:")


def test_release_may_find_nothing_left() -> None:
    """All of the record may have gone by then; a hold of nothing is a mistake."""
    nothing = on_hold(quantity=0)

    assert translated([delivered("stock.released_from_hold", nothing)]).fates == {"movement": 1}
    assert translated([delivered("stock.placed_on_hold", nothing)]).fates == {"quarantined": 1}
