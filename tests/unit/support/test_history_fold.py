"""What a history's movements come to: repeats, conflicts, what is too old, what a person said."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.history_fold import Fold
from tests.support.history_memory import Memory
from tests.support.made_history import HASH, OTHER_HASH, movement

OPENED_AT = datetime(2026, 7, 1, tzinfo=UTC)
THIRD_HASH = "0011223344556677"


def told(*movements: dict[str, Any]) -> Fold:
    """Return what movements come to, of a place that is open."""
    fold = Fold(opened={("NPK", "LEEDS"): OPENED_AT})
    for offset, said in enumerate(movements):
        fold.take(offset, json.dumps(said).encode())
    return fold


def received(name: str, after_days: float, **more: Any) -> dict[str, Any]:
    at = (OPENED_AT + timedelta(days=after_days)).isoformat()
    times = {"occurred_at": at, "received_at": at}
    return movement(name, "received", "1", 0, **times) | more


def accepted(said: dict[str, Any]) -> dict[str, Any]:
    name = said["movement_id"]
    return said | {"movement_id": f"accepted:{name}:{said['content_hash']}", "accepts": name}


def test_what_a_person_accepted_is_said_when_it_comes_again() -> None:
    """A conflict is kept apart once; accepted, its repeat is a repeat, and nothing stands."""
    first = movement("m1", "received", "10", 0)
    other = movement("m1", "received", "5", 1, content_hash=OTHER_HASH)
    fold = told(first, other, accepted(other), other)

    assert dict(fold.fates) == {"applied": 2, "conflict": 1, "repeated": 1}
    assert fold.apart == {1: "E04"}
    assert fold.standing == {}


def test_what_waits_beside_what_was_accepted_stands() -> None:
    """Accepting one content decides nothing about another, told before it or after."""
    first = movement("m1", "received", "10", 0)
    other = movement("m1", "received", "5", 1, content_hash=OTHER_HASH)
    third = movement("m1", "received", "7", 2, content_hash=THIRD_HASH)

    for history in ((first, other, third, accepted(other)), (first, other, accepted(other), third)):
        assert told(*history).standing.keys() == {f"E04:m1:{THIRD_HASH}"}


def test_what_may_be_forgotten_is_too_old_until_a_person_accepts_it() -> None:
    """Nobody can tell it from a repeat; accepted, it counts once."""
    forgotten, newer = received("m1", 0.5), received("m2", 18)
    late = received("m3", 0.4, received_at=newer["received_at"])
    fold = told(forgotten, newer, forgotten, late)

    assert fold.apart == {2: "E05", 3: "E05"}
    assert fold.standing.keys() == {f"E05:m1:{HASH}", f"E05:m3:{HASH}"}

    for offset, said in enumerate((accepted(late), late, accepted(late)), start=4):
        fold.take(offset, json.dumps(said).encode())

    assert dict(fold.fates) == {"applied": 3, "too_old": 2, "repeated": 2}
    assert fold.standing.keys() == {f"E05:m1:{HASH}"}


def on_hold(kind: str, quantity: str, record: str | None, number: int) -> dict[str, Any]:
    return movement(f"m{number}", kind, quantity, 0, stock_record=record)


def test_what_is_put_back_on_a_record_on_hold_is_held() -> None:
    """Emptied it is on hold still; its release is a change, and what comes then is not held."""
    story = [
        on_hold("held", "50", "r", 1),
        on_hold("adjusted_down", "50", "r", 2),
        on_hold("adjusted_up", "50", "r", 3),
        on_hold("received", "6", "r", 4),
        on_hold("received", "6", "q", 5),
    ]
    shelf = ("NPK", "LEEDS", "MUG")

    assert told(*story).held_at(shelf) == 56_000
    fold = told(*story[:2], on_hold("released", "0", "r", 6), *story[2:])
    assert (fold.held_at(shelf), fold.fates["applied"]) == (0, 6)


def test_goods_that_leave_unnamed_are_no_matter_of_a_hold_with_nothing_in_it() -> None:
    """There is nothing they could be taken from; where there is, nobody judges what is held."""
    story = [on_hold("held", "5", "r", 1), on_hold("dispatched", "5", "r", 2)]
    unnamed = on_hold("dispatched", "1", None, 3)

    assert told(*story, unnamed).unsure == set()
    assert told(story[0], unnamed).unsure == {("NPK", "LEEDS", "MUG")}


def test_levels_beyond_nine_thousand_million_units_are_set_aside() -> None:
    """At all places together, below zero as above."""
    most = [movement(f"m{n}", "dispatched", "1000000000", 0) for n in range(10)]
    less = movement("m10", "received", "1000000000", 0)
    fold = told(*most, less, most[9])

    assert dict(fold.fates) == {"applied": 11, "quarantined": 1}
    assert set(fold.on_hand.values()) == {-9 * 10**12}


def test_nothing_of_a_place_that_was_not_open_is_too_old() -> None:
    """Its opening and what waited for it apply, each once, whatever its SKU has forgotten."""
    york = {"site": "YORK"}
    waits = received("m3", 0.5, **york)
    opening = received("m4", 0.2, kind="opening", **york)
    fold = told(received("m1", 0.5), received("m2", 18), waits, waits, opening)
    place = {"account": "NPK", "site": "YORK"}
    control = {"control": "opening", **place, "at": OPENED_AT.isoformat()}
    fold.take(5, json.dumps(control).encode())

    assert fold.memories["MUG"].forgotten_until == OPENED_AT + timedelta(days=0.5)
    assert dict(fold.fates) == {"applied": 4, "repeated": 1, "controls": 1}
    assert fold.apart == {}


def test_facts_of_two_days_are_forgotten_together() -> None:
    """A group goes when its first day is more than sixteen days before a new one's."""
    memory = Memory()
    for name, day in (("m1", 0.0), ("m2", 1.5), ("m3", 16.5)):
        memory.remember(received(name, day))

    assert [len(facts) // 12 for *_, facts in memory.packed()] == [2, 1]
    assert memory.forgotten_until is None

    memory.remember(received("m4", 18.5))

    assert [len(facts) // 12 for *_, facts in memory.packed()] == [1, 1]
    assert memory.forgotten_until == OPENED_AT + timedelta(days=1.5)


def test_beyond_4096_facts_the_oldest_256_are_forgotten() -> None:
    """However fresh they are; up to then each is told from its repeat."""
    memory = Memory()
    for number in range(4_096):
        memory.remember(received(f"m{number}", number / 10_000))

    assert memory.forgotten_until is None
    assert memory.refused(received("m0", 0)) == "repeated"
    assert memory.refused(received("m0", 0, content_hash=OTHER_HASH)) == "conflict"

    memory.remember(received("m4096", 0.5))

    assert memory.forgotten_until == OPENED_AT + timedelta(days=255 / 10_000)
    assert memory.refused(received("m0", 0)) == "too_old"
    assert memory.refused(received("m256", 256 / 10_000)) == "repeated"
