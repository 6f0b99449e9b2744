"""An opening let in by keep_stock, piece by piece: nothing of what it comes to depends on where."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from ledger.errors import BrokenInvariant
from ledger.movement import MovementKind, Opened
from ledger.wire import render_movement, render_opened
from streams.topics import MOVEMENTS
from tables.waiting import WAITING
from tests.support.keeping import Keeping, Record, Said
from tests.support.movements import ACCOUNT, AT, SITE, movement, product

WHOLE = 10_000  # a piece that holds everything
OPENED = Opened(ACCOUNT, SITE, AT)
SKUS = ("BOWL", "CUP", "JUG", "MUG", "VASE")
PIECES = len(SKUS)  # of one each


def a_shop(piece: int, *, cut: bool) -> Keeping:
    """Return a lane before its opening: levels, waiting movements, both or none by SKU."""
    lane = Keeping(opened=False, piece=piece)
    lane.say(Opened(ACCOUNT, "YORK", AT), *(product("550", sku=sku) for sku in SKUS[1:]))
    for number, sku in enumerate(SKUS):
        lane.say(movement(100 + number, site="YORK", sku=sku, quantity="2"))
    for number, sku in enumerate(("CUP", "JUG", "MUG")):
        lane.say(movement(number, MovementKind.OPENING, "4", sku=sku))
    for number, sku in enumerate(("VASE", "JUG", "BOWL", "JUG", "MUG"), 10):
        lane.say(movement(number, MovementKind.DISPATCHED, "5", sku=sku))
    lane.say(movement(11, MovementKind.DISPATCHED, "5", sku="JUG"))  # told again
    lane.say(movement(11, MovementKind.DISPATCHED, "6", sku="JUG"))  # and otherwise
    lane.say(movement(20, sku="JUG", at=AT - timedelta(seconds=1)))  # in the position already
    if cut:
        lane.cut()
    return lane


def to_the_end(lane: Keeping, restart_after: int | None) -> tuple[Keeping, list[Said]]:
    """Cut after every piece; go on elsewhere after so many."""
    said = [lane.cut()]
    while lane.fold.is_unfinished:
        if len(said) == restart_after:
            lane = lane.restarted()
        lane.fold.go_on()
        said.append(lane.cut())
    return lane, said


def by_id(said: list[Said]) -> dict[str, object]:
    entries = [entry for cut in said for entry in cut.journal]
    assert len({entry["entry_id"] for entry in entries}) == len(entries)
    return {entry["entry_id"]: entry for entry in entries}


def stated(said: list[Said]) -> dict[str, object]:
    """Return the last statement of each SKU."""
    return {each["sku"]: each for cut in said for each in cut.availability}


def stated_there(said: list[Said]) -> list[dict[str, Any]]:
    """Return every statement that speaks of the place which opens, by SKU."""
    found = [each for cut in said for each in cut.availability if SITE in each["sites"]]
    return sorted(found, key=lambda each: each["sku"])


def notices(said: list[Said]) -> list[tuple[str, str]]:
    return sorted(one for cut in said for one in cut.exceptions)


@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize("restart_after", [None, *range(1, PIECES)])
def test_where_an_opening_is_cut_changes_nothing(restart_after: int | None, *, cut: bool) -> None:
    """Cards, entries, availability, exceptions and counts are those of an opening let in whole.

    So each SKU is stated once: with all that waited, and never with the half of it.
    """
    whole, parts = a_shop(WHOLE, cut=cut), a_shop(1, cut=cut)
    whole.say(OPENED)
    parts.say(OPENED)
    once = [whole.cut()]
    parts, said = to_the_end(parts, restart_after)

    assert len(said) == PIECES
    assert not whole.fold.is_unfinished
    assert parts.changelog == whole.changelog
    assert by_id(said) == by_id(once)
    assert stated(said) == stated(once)
    assert stated_there(said) == stated_there(once)
    assert notices(said) == notices(once)
    assert said[-1].counts == once[-1].counts
    assert said[-1].cut.state == once[-1].cut.state


def test_a_movement_waits_until_its_effect_is_written() -> None:
    """It is taken out of the changelog by the cut that holds its entry, and by no other."""
    lane = a_shop(1, cut=True)
    lane.say(OPENED)
    _, said = to_the_end(lane, None)
    last = lane.offsets[MOVEMENTS.name] - 1  # the control; before it what has no effect
    outside = {str(last - 3), str(last - 2), str(last - 1)}
    for cut in said:
        gone = {
            key.removeprefix(WAITING).decode()
            for key, value in cut.cut.changelog
            if value is None and key.startswith(WAITING)
        }
        entered = {entry["source"].rpartition("/")[2] for entry in cut.journal}
        parked = {
            str(orjson.loads(value)["offset"])
            for key, value in cut.cut.changelog
            if key.startswith(b"\x00parked:") and value is not None
        }

        assert gone - outside == entered | parked


def test_a_sku_is_let_in_whole() -> None:
    """However many of its movements wait, and however small a piece is."""
    lane = Keeping(opened=False, piece=3)
    lane.say(*(movement(number, sku=SKUS[number % 2]) for number in range(20)))
    lane.say(OPENED)

    assert lane.fold.is_unfinished
    assert [each["sku"] for each in lane.cut().availability] == ["BOWL"]
    assert lane.fold.go_on() == 10
    assert [each["sku"] for each in lane.cut().availability] == ["CUP"]
    assert lane.fold.go_on() == 0


def test_cards_alone_are_stated_in_pieces_too() -> None:
    """An opening that many cards were loaded for, and nothing waits."""
    lane = Keeping(opened=False, piece=2)
    for sku in SKUS:
        lane.say(movement(sku, MovementKind.OPENING, "4", sku=sku))
    lane.cut()
    lane.say(OPENED)

    assert lane.fold.go_on() == 2
    assert [each["sku"] for each in lane.cut().availability] == list(SKUS[:4])
    assert lane.fold.go_on() == 1
    assert [each["sku"] for each in lane.cut().availability] == ["VASE"]


def test_a_list_is_folded_up_to_the_opening_that_leaves_more_to_do() -> None:
    """What follows it is for later; folded all the same, it is a fault of ours."""
    lane = a_shop(1, cut=True)
    first = lane.offsets[MOVEMENTS.name]
    values = (render_opened(OPENED), render_movement(movement("later")))
    records = [Record(MOVEMENTS.name, first + n, value) for n, value in enumerate(values)]

    assert lane.fold.fold(records) == 1
    with pytest.raises(BrokenInvariant, match="under way"):
        lane.fold.fold(records[1:])

    while lane.fold.is_unfinished:
        lane.fold.go_on()

    assert lane.fold.fold(records[1:]) == 1


def test_the_mark_says_where_an_opening_is_and_only_then() -> None:
    """A person can read it, and whoever recovers the lane goes on there."""
    lane = a_shop(1, cut=True)
    offset = lane.offsets[MOVEMENTS.name]
    lane.say(OPENED)
    lane, said = to_the_end(lane, None)
    opening = {"account": ACCOUNT, "site": SITE, "partition": 0, "offset": offset}

    assert [cut.cut.state.get("opening") for cut in said] == [
        *({**opening, "reached": sku} for sku in SKUS[:-1]),
        None,
    ]


def test_a_second_site_opens_whole_where_the_first_has_pushed_its_time_out_of_memory() -> None:
    """A card remembers some days of a busy SKU; a place exported before them opens all the same."""
    lane = Keeping()
    lane.take(movement(day, at=AT + timedelta(days=day)) for day in range(30))
    waits = movement("york", MovementKind.DISPATCHED, "3", site="YORK", at=AT + timedelta(hours=1))
    lane.say(waits, waits)
    lane.say(movement("york", MovementKind.OPENING, "10", site="YORK"))
    lane.say(Opened(ACCOUNT, "YORK", AT))
    said = lane.cut()

    assert [each["sites"]["YORK"]["on_hand"] for each in said.availability] == ["7"]
    assert (said.counts["repeated"], said.counts.get("too_old")) == (1, None)
    assert said.quarantine == []
