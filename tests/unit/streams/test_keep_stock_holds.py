"""keep_stock and holds: what moves on a record that is held, and the order of the body's clock."""

from datetime import timedelta

import pytest

from ledger.holds import LOG_MAX
from ledger.movement import Movement, MovementKind, Opened
from tests.support.keeping import Keeping, Said
from tests.support.movements import ACCOUNT, AT, SITE, SKU, movement

K = MovementKind
MINUTE = timedelta(minutes=1)
BODY_CLOCK = {"hold_time": "updated_at"}


MUG = "48817"  # a stock record


def levels(said: Said) -> tuple[str, ...]:
    """Return on hand, held and available of the last statement."""
    return tuple(said.availability[-1]["sites"][SITE].values())


@pytest.mark.parametrize("clarus", [{}, BODY_CLOCK])
def test_what_is_put_back_on_a_held_record_is_not_for_sale(clarus: dict[str, str]) -> None:
    """Fifty written off a held pallet by mistake and put back are held as before."""
    lane = Keeping(clarus=clarus)
    moved = (
        movement("all", quantity="100"),
        movement(1, K.HELD, "50", at=AT + MINUTE, stock_record=MUG),
        movement(2, K.ADJUSTED_DOWN, "50", at=AT + 2 * MINUTE, stock_record=MUG),
        movement(3, K.ADJUSTED_UP, "50", at=AT + 3 * MINUTE, stock_record=MUG, note="put back"),
        movement(4, K.ADJUSTED_UP, "6", at=AT + 4 * MINUTE, stock_record=MUG),
        movement(5, K.RELEASED, "56", at=AT + 5 * MINUTE, stock_record=MUG),
    )
    said: list[tuple[str, ...]] = []
    for each in moved:
        lane.say(each)
        said.append(levels(lane.cut()))
        lane = lane.restarted()

    assert said == [
        ("100", "0", "100"),
        ("100", "50", "50"),
        ("50", "0", "50"),
        ("100", "50", "50"),
        ("106", "56", "50"),
        ("106", "0", "106"),
    ]


def test_the_release_of_a_record_with_nothing_in_it_is_applied() -> None:
    """It was on hold; told again it repeats, and what comes to it then is for sale."""
    lane = Keeping()
    lane.say(movement("all", quantity="9"), movement(1, K.HELD, "4", stock_record=MUG))
    lane.say(movement(2, K.DISPATCHED, "4", stock_record=MUG))
    lane.cut()
    released = movement(3, K.RELEASED, "0", stock_record=MUG)
    lane.say(released, released, movement(4, K.ADJUSTED_UP, "4", stock_record=MUG))
    said = lane.cut()

    assert (said.counts["applied"], said.counts["repeated"]) == (5, 1)
    assert levels(said) == ("9", "0", "9")


def test_a_release_at_the_moment_of_the_opening_that_waited_for_it_counts() -> None:
    """The position is of the moment itself; what occurred then comes after it."""
    lane = Keeping(opened=False, clarus=BODY_CLOCK)
    lane.say(movement(1, K.RELEASED, "4", stock_record=MUG))
    lane.say(movement("o", K.OPENING, "10"))
    lane.say(movement("h", K.OPENING_HOLD, "4", stock_record=MUG))
    lane.say(Opened(ACCOUNT, SITE, AT))

    assert levels(lane.cut()) == ("10", "0", "10")


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
