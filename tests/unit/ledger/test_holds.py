"""Holds: states of whole stock records, under the arrival clock and under one of the body."""

from datetime import timedelta

from ledger.holds import HELD_MAX, LOG_MAX, Holds, Noted, Place, hold_event
from ledger.movement import Movement, MovementKind
from tests.support.movements import ACCOUNT, AT, SITE, movement

PLACE = Place(ACCOUNT, SITE)
K = MovementKind
PLENTY = 10**9


def note(holds: Holds, moved: Movement, offset: int, *, body_clock: bool = False) -> bool:
    event = hold_event(moved, offset, body_clock=body_clock, held_first=True)
    assert event is not None
    return holds.note(event, body_clock=body_clock) is Noted.CHANGED


def held(number: int, quantity: str = "1", record: str = "r", minutes: int = 0) -> Movement:
    at = AT + timedelta(minutes=minutes)
    return movement(number, K.HELD, quantity, at=at, stock_record=record)


def released(number: int, record: str = "r", minutes: int = 0) -> Movement:
    at = AT + timedelta(minutes=minutes)
    return movement(number, K.RELEASED, "1", at=at, stock_record=record)


def test_under_a_body_clock_an_older_release_does_not_undo_a_hold() -> None:
    """The later of two states by the body's time stands, whichever arrived first."""
    holds = Holds()
    note(holds, held(1, "5", minutes=10), 1, body_clock=True)
    note(holds, released(2, minutes=5), 2, body_clock=True)

    assert holds.held_milli(PLACE, PLENTY) == 5_000


def test_under_a_body_clock_a_repeat_tells_nothing() -> None:
    """The same event of the same moment is one event."""
    holds = Holds()

    assert note(holds, held(1, minutes=1), 1, body_clock=True)
    assert not note(holds, held(1, minutes=1), 7, body_clock=True)
    assert len(holds.log) == 1


def test_under_a_body_clock_old_events_become_history() -> None:
    """After the window an event can no longer be overtaken, and no older one comes in."""
    holds = Holds()
    note(holds, held(1, "5"), 1, body_clock=True)
    note(holds, held(2, "3", "q", minutes=15 * 24 * 60), 2, body_clock=True)

    assert len(holds.log) == 1
    assert holds.held_milli(PLACE, PLENTY) == 8_000
    assert not note(holds, released(3, minutes=-1), 3, body_clock=True)
    assert holds.held_milli(PLACE, PLENTY) == 8_000


def test_under_a_body_clock_what_is_older_than_history_cannot_be_told() -> None:
    """It may be a repeat or not; what is known to be new comes after what is history."""
    holds = Holds()
    note(holds, held(1, "5"), 1, body_clock=True)
    note(holds, held(2, "3", "q", minutes=15 * 24 * 60), 2, body_clock=True)
    late = hold_event(held(3, "2", "s", minutes=-1), 3, body_clock=True, held_first=True)
    assert late is not None

    assert holds.note(late, body_clock=True) is Noted.TOO_OLD
    assert holds.held_milli(PLACE, PLENTY) == 8_000
    until = holds.history_until_ms
    assert holds.note(late, body_clock=True, is_new=True) is Noted.CHANGED
    assert holds.held_milli(PLACE, PLENTY) == 10_000
    assert holds.history_until_ms == until


def test_the_log_of_a_body_clock_is_bounded() -> None:
    """Beyond its limit the oldest events are stepped into history, and nothing is lost."""
    holds = Holds()
    for number in range(LOG_MAX + 5):
        note(holds, held(number, record=f"r{number}", minutes=number), number, body_clock=True)

    assert len(holds.log) == LOG_MAX
    assert holds.held_milli(PLACE, PLENTY) == (LOG_MAX + 5) * 1_000


def test_goods_leave_the_oldest_hold_first() -> None:
    """Without a record, held goods are taken in the order they were put on hold."""
    holds = Holds()
    note(holds, held(1, "2", "old"), 1)
    note(holds, held(2, "2", "young"), 2)
    note(holds, movement(3, K.ADJUSTED_DOWN, "3"), 3)

    assert holds.held == {(PLACE, "young"): 1_000}


def test_more_than_is_held_takes_what_is_there() -> None:
    """Held never falls below zero."""
    holds = Holds()
    note(holds, held(1, "2"), 1)

    assert note(holds, movement(2, K.DISPATCHED, "3", stock_record="r"), 2)
    assert not note(holds, movement(3, K.DISPATCHED, "3", stock_record="r"), 3)
    assert holds.held_milli(PLACE, PLENTY) == 0


def test_held_is_at_most_what_is_on_hand() -> None:
    """A hold of more than is there holds what is there; below zero nothing is held."""
    holds = Holds()
    note(holds, held(1, "5"), 1)

    assert holds.held_milli(PLACE, 3_000) == 3_000
    assert holds.held_milli(PLACE, -1_000) == 0


def test_records_on_hold_are_bounded() -> None:
    """Beyond the limit the oldest lose their names: the quantity stays held."""
    holds = Holds()
    for number in range(HELD_MAX + 3):
        note(holds, held(number, record=f"r{number}"), number)

    assert holds.held_milli(PLACE, PLENTY) == (HELD_MAX + 3) * 1_000
    assert len(holds.held) <= HELD_MAX + 1
    assert not note(holds, released(9_999, "r0"), 9_999)


def test_a_release_of_what_is_not_held_tells_nothing() -> None:
    """It may come before its hold, or twice."""
    assert not note(Holds(), released(1), 1)


def test_what_comes_in_is_no_matter_of_holds() -> None:
    """Goods that arrive are saleable until they are held; so are goods that leave unnamed."""
    arrived, gone = movement(1), movement(2, K.DISPATCHED)

    assert hold_event(arrived, 1, body_clock=False, held_first=True) is None
    assert hold_event(gone, 1, body_clock=False, held_first=False) is None
