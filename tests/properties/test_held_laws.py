"""What is held, reckoned four times: by the ledger, `stock verify`, the simulator, the checker.

The four share no code. The simulator's and the checker's know no clock of the body, and what is
left on hold when goods leave without naming their record is no matter of theirs.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import holds
from ledger.holds import Noted
from ledger.level import StockCard, apply
from ledger.movement import HOLDS, Movement, MovementKind, Opened
from ledger.wire import render_movement, render_opened
from streams.topics import MOVEMENTS
from streams.verification import held as verification
from streams.verification.facts import Fact, movement_record
from streams.verification.levels import Levels
from streams.verification.policy import Policy
from tests.simulation import expected as simulation
from tests.simulation.kafka import Record
from tests.support import history_fold
from tests.support.movements import ACCOUNT, AT, SITE, SKU, movement

K = MovementKind
KINDS = (K.HELD, K.HELD, K.RELEASED, K.RECEIVED, K.ADJUSTED_UP, K.ADJUSTED_DOWN, K.DISPATCHED)
SITES = (SITE, "YORK")
EMPTIED_MAX = 1  # of few records, so that some are forgotten

Told = tuple[MovementKind, str, str, str]  # kind, quantity, stock record, site
Reckoned = tuple[dict[tuple[str, str], int], int]  # thousandths by site and record; applied

TOLD = st.tuples(
    st.sampled_from(KINDS),
    st.sampled_from(("1", "5")),
    st.sampled_from(("a", "b", "c", "d", "e")),
    st.sampled_from(SITES),
)
AT_ANY_TIME = st.tuples(
    st.sampled_from((*KINDS, K.OPENING_HOLD)),
    st.sampled_from(("0.001", "1", "2", "1000000000")),
    st.sampled_from((None, "a", "b", "c", "d", "e")),
    st.sampled_from(SITES),
    st.integers(0, 4),  # hours: few, so that some are the same
    st.booleans(),  # known to be new
)
OUTCOMES = {Noted.CHANGED: None, Noted.AGAIN: "repeated", Noted.TOO_OLD: "too_old"}
SMALL = (
    (holds, "HELD_MAX", 3),
    (holds, "LOG_MAX", 8),
    (holds, "EMPTIED_MAX", 1),
    (verification, "RECORDS_MAX", 3),
    (verification, "EVENTS_MAX", 8),
    (verification, "EMPTIED_MAX", 1),
)
FULL = [(K.HELD, "1", f"r{number}", SITES[number % 2]) for number in range(70)]
EMPTY = [(K.DISPATCHED, *told[1:]) for told in reversed(FULL)]
STORIES: dict[str, tuple[Sequence[Told], int, int]] = {  # what is held at the end, and applied
    "put back": (
        [
            (K.RECEIVED, "100", "a", SITE),
            (K.HELD, "50", "r", SITE),
            (K.ADJUSTED_DOWN, "50", "r", SITE),
            (K.ADJUSTED_UP, "50", "r", SITE),
        ],
        50_000,
        4,
    ),
    "found": ([(K.HELD, "50", "r", SITE), (K.ADJUSTED_UP, "6", "r", SITE)], 56_000, 2),
    "another record": ([(K.HELD, "5", "r", SITE), (K.ADJUSTED_UP, "6", "q", SITE)], 5_000, 2),
    "another site": ([(K.HELD, "5", "r", SITE), (K.ADJUSTED_UP, "6", "r", "YORK")], 5_000, 2),
    "released empty": (
        [
            (K.HELD, "5", "r", SITE),
            (K.DISPATCHED, "5", "r", SITE),
            (K.RELEASED, "1", "r", SITE),
            (K.RELEASED, "1", "r", SITE),
            (K.RECEIVED, "5", "r", SITE),
        ],
        0,
        4,
    ),
    "too many emptied": (
        [*FULL, *EMPTY, *((K.RECEIVED, *told[1:]) for told in FULL)],
        64_000,
        3 * len(FULL),
    ),
    "held again is the youngest": (
        [
            *FULL,
            (K.HELD, "2", "r0", SITE),
            (K.DISPATCHED, "1", "r0", SITE),
            *EMPTY,
            (K.RECEIVED, "1", "r0", SITE),
            (K.RECEIVED, "1", "r6", SITE),
        ],
        1_000,
        2 * len(FULL) + 4,
    ),
}


def in_full(told: Sequence[Told]) -> list[Movement]:
    return [
        movement(number, kind, quantity, stock_record=record, site=site)
        for number, (kind, quantity, record, site) in enumerate(told)
    ]


def by_the_ledger(moved: Sequence[Movement]) -> Reckoned:
    card = StockCard(SKU)
    for offset, each in enumerate(moved):
        apply(card, each, offset)
    held = {(place.site, record): milli for (place, record), milli in card.holds.held.items()}
    return held, card.version


def by_the_verification(values: Sequence[bytes]) -> Reckoned:
    levels = Levels(Policy(1, ZoneInfo("Europe/London")), {}, None)
    for offset, value in enumerate(values):
        levels.take(_record(offset, value))
    records = levels.stock[SKU].held.records
    held = {(place[1], record): milli for (place, record), milli in records.items()}
    return held, levels.counts["applied"]


def by_the_simulator(values: Sequence[bytes]) -> Reckoned:
    expected = simulation.Expected()
    for offset, value in enumerate(values):
        expected.take(_record(offset, value))
    held = {(site, record): own for (*_, site, record), own in expected.held_records().items()}
    return held, expected.fates["applied"]


def by_the_checker(values: Sequence[bytes]) -> Reckoned:
    fold = history_fold.Fold()
    for offset, value in enumerate(values):
        fold.take(offset, value)
    held = {(shelf[1], record): own for (shelf, record), own in fold.held[SKU].items()}
    return held, fold.fates["applied"]


def reckoned(told: Sequence[Told]) -> list[Reckoned]:
    """Return what each of the four makes of it, of two sites that are open."""
    moved = in_full(told)
    opened = [render_opened(Opened(ACCOUNT, site, AT)) for site in SITES]
    values = [*opened, *map(render_movement, moved)]
    others = (by_the_verification, by_the_simulator, by_the_checker)
    return [by_the_ledger(moved), *(reckon(values) for reckon in others)]


def _record(offset: int, value: bytes) -> Record:
    return Record(MOVEMENTS.name, 0, offset, 0, SKU.encode(), value, [])


@pytest.mark.parametrize("story", STORIES)
def test_four_reckonings_come_to_what_is_true(story: str) -> None:
    """A hold is the state of a whole stock record, and whatever comes to it is held."""
    told, milli, applied = STORIES[story]
    first, *others = reckoned(told)

    assert (sum(first[0].values()), first[1]) == (milli, applied)
    for other in others:
        assert first == other


@given(st.lists(TOLD, min_size=1, max_size=40))
def test_four_reckonings_agree(told: list[Told]) -> None:
    """Record by record, whichever emptied ones were forgotten, and of what was applied."""
    with ExitStack() as patches:
        for each in (holds, verification, simulation, history_fold):
            patches.enter_context(patch.object(each, "EMPTIED_MAX", EMPTIED_MAX))
        first, *others = reckoned(told)

    for other in others:
        assert first == other
    assert list(first[0].values()).count(0) <= EMPTIED_MAX


@given(st.lists(AT_ANY_TIME, max_size=30), st.booleans(), st.booleans())
def test_ledger_and_verification_agree_in_any_order_beyond_every_bound(
    told: list[tuple[Any, ...]], body_clock: bool, held_first: bool
) -> None:
    """Record by record, in the order of their holds; whoever orders them, and named or not."""
    own, other = holds.Holds(), verification.Held()
    with ExitStack() as patches:
        for bound in SMALL:
            patches.enter_context(patch.object(*bound))
        for offset, (*said, is_new) in enumerate(told):
            moved = _at_some_time(offset, said)
            event = holds.hold_event(moved, offset, body_clock=body_clock, held_first=held_first)
            fact = movement_record(render_movement(moved))
            assert isinstance(fact, Fact)
            taken = other.take(
                fact, offset, by_body_clock=body_clock, held_first=held_first, is_new=is_new
            )
            noted = Noted.AGAIN
            if event is not None:
                noted = own.note(event, body_clock=body_clock, is_new=is_new)
            assert moved.kind not in HOLDS or OUTCOMES[noted] == taken

    assert [*own.held.items()] == [*other.records.items()]
    assert [*own.history.items()] == [*other.before.items()]


def _at_some_time(number: int, said: Sequence[Any]) -> Movement:
    kind, quantity, record, site, hours = said
    at = AT + timedelta(hours=hours)
    record = record or ("a" if kind in HOLDS else None)
    return replace(
        movement(number, kind, quantity, at=at, stock_record=record, site=site),
        received_at=AT + timedelta(hours=9),
    )
