"""The laws of a whole lane: where lists, cuts and restarts fall changes nothing that is said."""

from datetime import timedelta
from itertools import pairwise

import orjson
from hypothesis import given
from hypothesis import strategies as st

from ledger.movement import Movement, MovementKind, Opened
from tests.support.keeping import Keeping, Said
from tests.support.movements import ACCOUNT, AT, SITE, movements, product

SKUS = ("A", "B")


def lane() -> Keeping:
    keeping = Keeping()
    keeping.say(product("550", sku="A"))
    return keeping


@given(movements(tuple(MovementKind), SKUS), st.data())
def test_where_lists_and_cuts_fall_changes_nothing(
    history: list[Movement], drawn: st.DataObject
) -> None:
    """Cards, entries and counts are the same, however the records were batched.

    What stands about levels is not: they are looked at once a cut.
    """
    whole, parts = lane(), lane()
    whole.take(history)
    once = whole.cut()
    bounds = sorted({0, len(history), *drawn.draw(st.lists(st.integers(0, len(history))))})
    said = [parts.cut()]
    for start, end in pairwise(bounds):
        parts.take(history[start:end])
        said.append(parts.cut())

    assert _cards(whole) == _cards(parts)
    assert _in_order(once) == _in_order(*said)
    assert once.counts == said[-1].counts
    assert _last_stated(once) == _last_stated(*said)


@given(movements(tuple(MovementKind), SKUS), movements(tuple(MovementKind), SKUS))
def test_a_restart_changes_nothing(before: list[Movement], after: list[Movement]) -> None:
    """A lane read back from its changelog goes on as if it had never ended."""
    first = lane()
    for moved in before:
        first.say(moved)
    again = first.restarted()
    for moved in after:
        first.say(moved)
        again.say(moved)
    one, other = first.cut(), again.cut()

    assert one.journal == other.journal
    assert one.availability == other.availability
    assert one.exceptions == other.exceptions
    assert one.counts == other.counts


@given(movements(tuple(MovementKind), SKUS))
def test_every_movement_has_one_fate(history: list[Movement]) -> None:
    """The counts add up: each record is applied, set aside, waiting or repeated, and one of it."""
    keeping = lane()
    for moved in [*history, *history]:
        keeping.say(moved)
    counts = keeping.cut().counts
    fates = ("applied", "repeated", "conflict", "too_old", "before_opening", "quarantined")

    told = sum(counts.get(fate, 0) for fate in (*fates, "waiting"))
    assert told == 2 * len(history)
    assert counts.get("applied", 0) == counts.get("entries", 0) + counts.get("parked", 0)


@given(movements(tuple(MovementKind), SKUS), movements(tuple(MovementKind), SKUS), st.data())
def test_where_an_opening_is_cut_or_begun_again_changes_nothing(
    before: list[Movement], after: list[Movement], drawn: st.DataObject
) -> None:
    """Let in SKU by SKU, with cuts and restarts in between, it comes to what it does whole."""
    opened = Opened(ACCOUNT, SITE, AT + timedelta(seconds=drawn.draw(st.integers(0, 25))))
    whole, parts = Keeping(opened=False), Keeping(opened=False, piece=1)
    for each in (whole, parts):
        each.say(product("550", sku="A"))
        each.take(before)
        each.cut()
        each.say(opened)
    said = [parts.cut()]
    while parts.fold.is_unfinished:
        parts = parts.restarted() if drawn.draw(st.booleans()) else parts
        parts.fold.go_on()
        said.append(parts.cut())
    once = [whole.cut()]
    for each, own in ((whole, once), (parts, said)):
        each.take(after)
        own.append(each.cut())

    assert parts.changelog == whole.changelog
    assert _entries(*said) == _entries(*once)
    assert _last_stated(*said) == _last_stated(*once)
    assert said[-1].counts == once[-1].counts


def _entries(*said: Said) -> list[dict[str, object]]:
    entries = [entry for cut in said for entry in cut.journal]
    return sorted(entries, key=lambda entry: str(entry["entry_id"]))


def _cards(lane: Keeping) -> dict[bytes, dict[str, object]]:
    cards = {key: orjson.loads(value) for key, value in lane.fold.committed_values().items()}
    return {key: {**card, "exceptions": None} for key, card in cards.items()}


def _in_order(*said: Said) -> dict[str, list[str]]:
    """Return the entries of each category in the order they were said."""
    entries: dict[str, list[str]] = {}
    for cut in said:
        for entry in cut.journal:
            entries.setdefault(entry["category"], []).append(entry["entry_id"])
    return entries


def _last_stated(*said: Said) -> dict[str, object]:
    return {each["sku"]: each for cut in said for each in cut.availability}
