"""Holds: states of whole stock records, under the arrival clock and under one of the body."""

from datetime import timedelta

from ledger.holds import EMPTIED_MAX, HELD_MAX, LOG_MAX, Holds, Noted, Place, hold_event
from ledger.movement import Movement, MovementKind
from ledger.quantity import LEVELS_MILLI_MAX
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


def left(number: int, quantity: str = "1", record: str = "r", minutes: int = 0) -> Movement:
    at = AT + timedelta(minutes=minutes)
    return movement(number, K.ADJUSTED_DOWN, quantity, at=at, stock_record=record)


def came(number: int, quantity: str = "1", record: str = "r", minutes: int = 0) -> Movement:
    at = AT + timedelta(minutes=minutes)
    return movement(number, K.ADJUSTED_UP, quantity, at=at, stock_record=record)


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

    assert list(holds.held.items()) == [((PLACE, "old"), 0), ((PLACE, "young"), 1_000)]


def test_more_than_is_held_takes_what_is_there() -> None:
    """Held never falls below zero."""
    holds = Holds()
    note(holds, held(1, "2"), 1)

    assert note(holds, movement(2, K.DISPATCHED, "3", stock_record="r"), 2)
    assert not note(holds, movement(3, K.DISPATCHED, "3", stock_record="r"), 3)
    assert holds.held_milli(PLACE, PLENTY) == 0


def test_goods_that_come_to_a_record_on_hold_are_held() -> None:
    """Whatever movement brings them; a record that is not on hold has nothing to do with it."""
    holds = Holds()
    note(holds, held(1, "50"), 1)
    changed = [
        note(holds, movement(number, kind, stock_record="r"), number)
        for number, kind in enumerate((K.ADJUSTED_UP, K.UNDISPATCHED, K.RETURNED, K.RECEIVED), 2)
    ]

    assert changed == [True] * 4
    assert not note(holds, came(7, "6", "q"), 7)
    assert holds.held == {(PLACE, "r"): 54_000}


def test_a_record_that_was_emptied_is_on_hold_until_its_release() -> None:
    """What is put back on it is held; releasing it with nothing in it is a change."""
    holds = Holds()
    note(holds, held(1, "50"), 1)
    note(holds, left(2, "50"), 2)

    assert (holds.held, holds.stated_milli(PLACE)) == ({(PLACE, "r"): 0}, 0)
    assert note(holds, came(3, "50"), 3)
    assert holds.held_milli(PLACE, 100_000) == 50_000
    assert note(holds, left(4, "50"), 4)
    assert note(holds, released(5), 5)
    assert not note(holds, released(6), 6)
    assert not note(holds, came(7, "50"), 7)


def test_a_hold_of_a_record_that_was_emptied_states_it_anew() -> None:
    """It is the youngest then, and holds what it says."""
    holds = Holds()
    for number, record in enumerate(("r", "q")):
        note(holds, held(number, "5", record), number)
    note(holds, left(2, "5"), 2)
    note(holds, held(3, "4"), 3)

    assert list(holds.held.items()) == [((PLACE, "q"), 5_000), ((PLACE, "r"), 4_000)]


def test_records_that_were_emptied_are_bounded() -> None:
    """Beyond the limit the one held longest is forgotten, in whatever order they were emptied."""
    holds = Holds()
    for number in range(EMPTIED_MAX + 2):
        note(holds, held(number, record=f"r{number}"), number)
    for number in reversed(range(EMPTIED_MAX + 2)):
        note(holds, left(number, record=f"r{number}"), 100 + number)

    assert [record for _, record in holds.held] == [f"r{n}" for n in range(2, EMPTIED_MAX + 2)]
    assert not note(holds, released(300, "r0"), 300)
    assert note(holds, held(301, "0", "of nothing"), 301)
    assert len(holds.held) == EMPTIED_MAX


def test_goods_that_name_no_record_can_empty_more_than_are_kept() -> None:
    """The bound is the same where they go at once."""
    holds = Holds()
    for number in range(EMPTIED_MAX + 3):
        note(holds, held(number, record=f"r{number}"), number)
    note(holds, movement(999, K.DISPATCHED, str(EMPTIED_MAX + 3)), 999)

    assert [record for _, record in holds.held] == [f"r{n}" for n in range(3, EMPTIED_MAX + 3)]


def test_an_emptied_record_that_loses_its_name_is_gone() -> None:
    """Nothing is left of it to be held under no name; what is, goes when it is emptied."""
    holds = Holds()
    note(holds, held(0, record="emptied"), 0)
    note(holds, left(1, record="emptied"), 1)
    for number in range(HELD_MAX):
        note(holds, held(number, record=f"r{number}"), 2 + number)

    assert (len(holds.held), (PLACE, "") in holds.held) == (HELD_MAX, False)
    note(holds, held(9_999, record="one more"), 9_999)
    assert holds.held[PLACE, ""] == 1_000
    note(holds, movement(10_000, K.DISPATCHED, str(HELD_MAX + 1)), 10_000)
    assert (len(holds.held), (PLACE, "") in holds.held) == (EMPTIED_MAX, False)


def test_held_of_a_record_is_bounded() -> None:
    """It stays what can be written, however much came while unnamed goods left."""
    holds = Holds()
    for number in range(11):
        note(holds, held(number) if not number else came(number, "1000000000"), number)

    assert holds.held[PLACE, "r"] == LEVELS_MILLI_MAX


def test_under_a_body_clock_goods_that_came_twice_are_no_repeat() -> None:
    """Two movements of one moment and quantity are two; their ids tell a repeat."""
    holds = Holds()
    note(holds, held(1, "5"), 1, body_clock=True)
    for number in (2, 3):
        assert note(holds, came(number, minutes=1), number, body_clock=True)
        assert note(holds, left(number, "2", minutes=2), 2 + number, body_clock=True)

    assert holds.held_milli(PLACE, PLENTY) == 3_000


def test_under_a_body_clock_goods_that_came_before_the_hold_are_in_it() -> None:
    """Whichever arrived first: a hold states the whole record as it was then."""
    for order in ((0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)):
        told = (came(0, "9", minutes=1), held(1, "5", minutes=2), left(2, "5", minutes=3))
        told = (*told, came(3, "4", minutes=4))
        holds = Holds()
        for offset, number in enumerate(order):
            note(holds, told[number], offset, body_clock=True)

        assert holds.held == {(PLACE, "r"): 4_000}


def test_under_a_body_clock_what_an_opening_lists_comes_before_all_of_its_moment() -> None:
    """What waited for it stands before it in the log, and was told of the moment itself."""
    opening = movement(9, K.OPENING_HOLD, "5", stock_record="r")
    for waited, is_held in ((released(1), {}), (left(1, "2"), {(PLACE, "r"): 3_000})):
        holds = Holds()
        note(holds, opening, 9, body_clock=True)
        note(holds, waited, 1, body_clock=True)

        assert holds.held == is_held


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
    """Goods that name no record are saleable until they are held; so are those that leave so."""
    arrived, gone = movement(1), movement(2, K.DISPATCHED)
    nothing = movement(3, K.OPENING, "0", stock_record="r")

    assert hold_event(arrived, 1, body_clock=False, held_first=True) is None
    assert hold_event(nothing, 1, body_clock=False, held_first=True) is None
    assert hold_event(gone, 1, body_clock=False, held_first=False) is None
