"""What keep_stock keeps apart for a person: each telling by itself, until that one is settled."""

from datetime import timedelta

from ledger.movement import Movement
from tests.support.keeping import Keeping
from tests.support.movements import AT, movement

ONE, TWO, THREE = (movement(1, quantity=quantity) for quantity in ("1", "2", "3"))


def accepted(kept_apart: Movement) -> Movement:
    """Return the movement by which a person lets another in."""
    return movement(
        quantity_milli=kept_apart.quantity_milli,
        movement_id=kept_apart.accepted_id,
        accepts=kept_apart.movement_id,
    )


def test_of_two_conflicts_of_one_id_the_other_stands() -> None:
    """Accepting one content says nothing of another: each is an exception of its own."""
    lane = Keeping()
    lane.say(ONE, TWO, THREE)
    raised = lane.cut().exceptions
    lane.say(accepted(TWO))
    after = dict(lane.cut().exceptions)

    assert {(f"E04:{TWO.told}", "raised"), (f"E04:{THREE.told}", "raised")} <= set(raised)
    assert after[f"E04:{TWO.told}"] == "cleared"
    assert f"E04:{THREE.told}" not in after


def test_what_was_kept_apart_twice_is_settled_once() -> None:
    """As a conflict, and as too old once its id was forgotten: a person accepts it as one."""
    lane = Keeping()
    lane.say(ONE, TWO)
    lane.take(movement(f"day {day}", at=AT + timedelta(days=day)) for day in range(20))
    lane.say(TWO)
    raised = lane.cut().exceptions
    lane.say(accepted(TWO))
    names = {f"E04:{TWO.told}", f"E05:{TWO.told}"}

    assert {(name, "raised") for name in names} <= set(raised)
    assert {(name, "cleared") for name in names} <= set(lane.cut().exceptions)
