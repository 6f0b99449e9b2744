"""What the topics hold, as figures: a fold of visible records, read once each, no I/O."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from ledger.movement import OPENINGS
from streams.demo.delays import Delays
from streams.engine.fold import SourceRecord
from streams.engine.mark import MARK_KEY, Mark, parse_mark
from streams.headers import header
from streams.topics import (
    AVAILABILITY,
    DELIVERIES,
    EXCEPTIONS,
    HELD,
    JOURNAL,
    KEEP_STOCK,
    MOVEMENTS,
    PRODUCTS,
    QUARANTINE,
    STOCK_CHANGELOG,
    TRANSLATE,
    TRANSLATE_CHANGELOG,
)
from tables.stock import OWN

AGENT_OF = {TRANSLATE_CHANGELOG.name: TRANSLATE, STOCK_CHANGELOG.name: KEEP_STOCK}
SOURCES = {TRANSLATE: (DELIVERIES.name,), KEEP_STOCK: (MOVEMENTS.name, PRODUCTS.name)}
_OPENING_KINDS = frozenset(kind.value for kind in OPENINGS)
_RAISED = "raised"


class Lane(NamedTuple):
    """One agent's one partition."""

    agent: str
    partition: int


class Source(NamedTuple):
    """One partition that a lane reads."""

    topic: str
    partition: int


@dataclass(slots=True)
class JournalLine:
    """All entries of one category."""

    entries: int = 0
    without_value: int = 0  # holds and releases: an entry that says why there is none
    value_pence: int = 0  # what the stock account gained


class Figures:
    """Invariant: every record taken is counted once; the order of topics does not matter."""

    def __init__(self) -> None:
        self.records: Counter[str] = Counter()  # by topic
        self.movements: Counter[str] = Counter()  # by kind, those of the opening too
        self.skus: set[str] = set()
        self.journal: defaultdict[str, JournalLine] = defaultdict(JournalLine)
        self.quarantined: Counter[str] = Counter()  # by reason
        self.marks: dict[Lane, Mark] = {}
        self.cards: dict[str, bytes] = {}  # the last version of each, as the changelog has it
        self.availability: dict[str, bytes] = {}  # the last statement of each
        self.delays = Delays()
        self.before: Counter[str] = Counter()  # the day: of keep_stock's counts, and of the records
        self._latest_ms = 0  # Kafka's clock, as the last record shows it
        self._measured_from_ms = 0
        self._exceptions: dict[bytes, str] = {}  # class of each that is raised
        self._last_offset: dict[Source, int] = {}
        self._takers: Mapping[str, Callable[[SourceRecord], None]] = {
            MOVEMENTS.name: self._take_movement,
            JOURNAL.name: self._take_entry,
            AVAILABILITY.name: self._take_availability,
            QUARANTINE.name: self._take_quarantined,
            EXCEPTIONS.name: self._take_exception,
            TRANSLATE_CHANGELOG.name: self._take_change,
            STOCK_CHANGELOG.name: self._take_change,
        }

    def take(self, records: Iterable[SourceRecord]) -> None:
        """Count visible records, each topic's partition in order."""
        for record in records:
            self.records[record.topic] += 1
            self._latest_ms = max(self._latest_ms, record.timestamp)
            self._last_offset[Source(record.topic, record.partition)] = record.offset
            taker = self._takers.get(record.topic)
            if taker is not None:
                taker(record)

    def begin_day(self) -> None:
        """Leave what came so far out of delays and ratio: it waited for the opening."""
        self.delays = Delays()
        self._measured_from_ms = self._latest_ms + 1
        self.before = self.counts(KEEP_STOCK) + self.records

    def counts(self, agent: str) -> Counter[str]:
        """Return the fates of all lanes of an agent, as their marks have them."""
        total: Counter[str] = Counter()
        for lane, mark in self.marks.items():
            if lane.agent == agent:
                total.update(mark.counts)
        return total

    def lag(self) -> dict[Lane, int]:
        """Return, for each lane that is behind, the offsets its mark has to go.

        An upper bound of the records: the ends of transactions take offsets too.
        """
        behind: Counter[Lane] = Counter()
        for agent, topics in SOURCES.items():
            for (topic, partition), last in self._last_offset.items():
                if topic in topics:
                    lane = Lane(agent, partition)
                    behind[lane] += max(0, last + 1 - self._next_offset(lane, topic))
        return {lane: number for lane, number in behind.items() if number}

    def open_exceptions(self) -> Counter[str]:
        """Return how many exceptions stand, by class."""
        return Counter(self._exceptions.values())

    @property
    def opening_rows(self) -> int:
        """Return the movements that are the opening position."""
        return sum(self.movements[kind] for kind in _OPENING_KINDS)

    @property
    def held_for_later(self) -> int:
        """Return the records kept for a capability to come."""
        return self.records[HELD.name]

    def _next_offset(self, lane: Lane, topic: str) -> int:
        mark = self.marks.get(lane)
        return mark.next_offset.get(topic, 0) if mark else 0

    def _take_movement(self, record: SourceRecord) -> None:
        fields = orjson.loads(record.value)
        kind = fields.get("kind")
        if kind is None:  # a control record: an opened place, a chart
            return
        self.movements[kind] += 1
        self.skus.add(fields["sku"])
        if kind in _OPENING_KINDS:
            return
        arrived_ms = _milliseconds(fields["received_at"])
        if arrived_ms >= self._measured_from_ms:
            self.delays.arrived(fields["movement_id"], arrived_ms)

    def _take_entry(self, record: SourceRecord) -> None:
        entry = orjson.loads(record.value)
        line = self.journal[entry["category"]]
        line.entries += 1
        line.value_pence += entry["value_pence"]
        line.without_value += entry["no_entry_because"] is not None
        if entry["movement_id"] is not None:
            self.delays.entered(entry["movement_id"], record.timestamp)

    def _take_availability(self, record: SourceRecord) -> None:
        self.availability[record.key.decode()] = record.value

    def _take_quarantined(self, record: SourceRecord) -> None:
        self.quarantined[header(record, "reason") or "no reason is given"] += 1

    def _take_exception(self, record: SourceRecord) -> None:
        said: dict[str, Any] = orjson.loads(record.value) if record.value else {}
        if said.get("state") == _RAISED:
            self._exceptions[record.key] = said["class"]
        else:
            self._exceptions.pop(record.key, None)

    def _take_change(self, record: SourceRecord) -> None:
        agent = AGENT_OF[record.topic]
        if record.key == MARK_KEY:
            self.marks[Lane(agent, record.partition)] = parse_mark(record.value)
        elif agent == KEEP_STOCK and not record.key.startswith(OWN):
            self.cards[record.key.decode()] = record.value


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
