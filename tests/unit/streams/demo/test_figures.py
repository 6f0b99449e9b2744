"""Figures are what the records say: each counted once, lag by the marks."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson

from streams.demo.figures import Figures, Lane
from streams.engine.fold import Headers
from streams.engine.mark import MARK_KEY, Mark
from streams.topics import (
    DELIVERIES,
    EXCEPTIONS,
    JOURNAL,
    KEEP_STOCK,
    MOVEMENTS,
    QUARANTINE,
    STOCK_CHANGELOG,
    TRANSLATE,
    TRANSLATE_CHANGELOG,
)
from tests.support.pipeline import Pipeline
from tests.support.scenario import everything


@dataclass(frozen=True, slots=True)
class Read:
    """A record as the consumer gives it."""

    topic: str
    offset: int = 0
    key: bytes | None = None
    value: bytes | None = None
    partition: int = 0
    timestamp: int = 1_000
    headers: Headers = field(default_factory=list)


def mark(topic: str, next_offset: dict[str, int], **counts: int) -> Read:
    return Read(topic, key=MARK_KEY, value=Mark(next_offset, {}, counts, {}).render())


def figures_of(made: Pipeline) -> Figures:
    figures = Figures()
    for records in made.records.values():
        figures.take(records)
    return figures


def test_every_record_is_counted_once() -> None:
    """As many as each topic holds, and movements by what they did."""
    made = everything()
    figures = figures_of(made)
    kinds = Counter(
        said["kind"] for said in map(_fields, made.records[MOVEMENTS.name]) if "kind" in said
    )

    assert {topic: len(records) for topic, records in made.records.items()} == figures.records
    assert kinds == figures.movements


def test_journal_lines_add_up_to_the_entries() -> None:
    """By category: how many, and the value the stock account gained."""
    made = everything()
    entries = [_fields(record) for record in made.records[JOURNAL.name]]
    journal = figures_of(made).journal

    assert len(entries) == sum(line.entries for line in journal.values())
    assert sum(entry["value_pence"] for entry in entries) == sum(
        line.value_pence for line in journal.values()
    )
    assert journal["hold"].entries == journal["hold"].without_value


def test_a_quarantined_record_is_counted_by_its_reason() -> None:
    """A person reads why, not how many."""
    made = everything()

    figures = figures_of(made)

    assert len(made.records[QUARANTINE.name]) == figures.quarantined.total()
    assert "no reason is given" not in figures.quarantined


def test_an_exception_stands_until_it_is_cleared_or_forgotten() -> None:
    """Raised once, cleared once; a tombstone a year later changes nothing more."""
    figures = Figures()
    figures.take(
        [
            Read(EXCEPTIONS.name, 0, b"E03:MUG", b'{"state": "raised", "class": "E03"}'),
            Read(EXCEPTIONS.name, 1, b"E04:7", b'{"state": "raised", "class": "E04"}'),
            Read(EXCEPTIONS.name, 2, b"E03:MUG", b'{"state": "cleared", "class": "E03"}'),
            Read(EXCEPTIONS.name, 3, b"E03:MUG", None),
        ]
    )

    assert figures.open_exceptions() == {"E04": 1}


def test_what_waited_for_the_opening_is_in_no_delay() -> None:
    """A movement that came before the opening was loaded waited for it, not for us."""
    figures = figures_of(everything())
    measured = len(figures.delays.measured_ms())

    figures.begin_day()

    assert measured > 0
    assert figures.delays.measured_ms() == []


def test_lag_is_what_the_mark_has_to_go() -> None:
    """Nought only when the mark stands behind the last record that can be seen."""
    figures = Figures()
    figures.take([Read(DELIVERIES.name, offset) for offset in range(3)])
    nothing_taken = figures.lag()
    figures.take([mark(TRANSLATE_CHANGELOG.name, {DELIVERIES.name: 2})])
    some_taken = figures.lag()
    figures.take([mark(TRANSLATE_CHANGELOG.name, {DELIVERIES.name: 3})])

    lane = Lane(TRANSLATE, 0)
    assert [{lane: 3}, {lane: 1}, {}] == [nothing_taken, some_taken, figures.lag()]


def test_a_mark_read_before_its_records_is_no_lag() -> None:
    """Topics are read side by side; a mark may be ahead of what was read."""
    figures = Figures()
    figures.take([mark(STOCK_CHANGELOG.name, {MOVEMENTS.name: 9})])

    assert figures.lag() == {}


def test_counts_are_of_the_last_mark_of_every_lane() -> None:
    """A mark replaces the one before it; lanes are added up."""
    figures = Figures()
    figures.take([mark(STOCK_CHANGELOG.name, {}, applied=1)])
    figures.take([mark(STOCK_CHANGELOG.name, {}, applied=5)])
    other = mark(STOCK_CHANGELOG.name, {}, applied=2)
    figures.take([Read(other.topic, 0, other.key, other.value, partition=1)])

    assert figures.counts(KEEP_STOCK) == {"applied": 7}


def _fields(record: Any) -> dict[str, Any]:
    return orjson.loads(record.value)
