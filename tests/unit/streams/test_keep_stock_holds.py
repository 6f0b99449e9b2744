"""keep_stock where the clock of the body orders holds: what came too late to be told."""

from datetime import timedelta

from ledger.holds import LOG_MAX
from ledger.movement import Movement, MovementKind, Opened
from tests.support.keeping import Keeping
from tests.support.movements import ACCOUNT, AT, SITE, SKU, movement

K = MovementKind
MINUTE = timedelta(minutes=1)
BODY_CLOCK = {"hold_time": "updated_at"}


def hold(number: int, record: str, minutes: int, **said: str) -> Movement:
    return movement(number, K.HELD, "2", at=AT + minutes * MINUTE, stock_record=record, **said)


def busy() -> Keeping:
    """Return a lane whose memory of holds is full: the first minutes are history."""
    lane = Keeping(clarus=BODY_CLOCK)
    lane.say(movement("all", quantity="9000"))
    lane.take(hold(number, f"r{number}", number) for number in range(LOG_MAX + 3))
    lane.cut()
    return lane


def test_a_hold_that_comes_too_late_is_kept_apart_for_a_person() -> None:
    """Nobody can tell whether it is a repeat, or undone since; accepted, it holds."""
    lane = busy()
    late = hold(9_999, "late", 1)
    name = f"E05:{late.told}"
    lane.say(late)
    said = lane.cut()
    accepted = hold(9_999, "late", 1, movement_id=late.accepted_id, accepts=late.movement_id)
    lane.say(accepted)
    after = lane.cut()

    assert (said.availability, said.exceptions) == ([], [(name, "raised")])
    assert [headers["class"] for headers, _ in said.quarantine] == ["E05"]
    assert (name, "cleared") in after.exceptions
    assert after.availability[0]["sites"][SITE]["held"] == str(2 * (LOG_MAX + 4))
    assert (after.counts["too_old"], after.counts.get("repeated")) == (1, None)


def test_a_hold_told_again_is_a_repeat() -> None:
    """As long as its time is remembered."""
    lane = busy()
    lane.say(hold(500, "r500", 500))
    said = lane.cut()

    assert (said.counts["repeated"], said.exceptions) == (1, [])


def test_the_holds_of_a_place_that_opens_are_never_too_late() -> None:
    """Of its position and of what waited for it, whatever happened elsewhere meanwhile."""
    lane = busy()
    lane.say(movement("york", K.OPENING, "10", site="YORK"))
    lane.say(movement("york", K.OPENING_HOLD, "4", site="YORK", stock_record="y"))
    lane.say(movement(1, K.DISPATCHED, "1", site="YORK", stock_record="y"))
    lane.say(hold(2, "z", 0, site="YORK"))
    lane.say(Opened(ACCOUNT, "YORK", AT))
    said = lane.cut()

    assert said.availability[0]["sku"] == SKU
    assert said.availability[0]["sites"]["YORK"] == {
        "on_hand": "9",
        "held": "5",
        "available": "4",
    }
