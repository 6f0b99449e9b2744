"""Movements into the levels of one partition: let in, waiting, set aside, applied and told."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from ledger.chart import Category, UnmappedReason
from ledger.errors import BrokenInvariant
from ledger.holds import Place
from ledger.level import (
    Applied,
    Conflict,
    Repeated,
    Replayed,
    StockCard,
    TooOld,
    Unrecorded,
    apply,
)
from ledger.movement import OPENINGS, Movement, Opened
from ledger.wire import render_movement
from streams.engine.fold import Headers, SourceRecord
from streams.headers import source_of
from streams.keep_stock_desk import Desk
from streams.keep_stock_entries import Entries
from streams.keep_stock_outputs import Outputs
from streams.keep_stock_standing import Standing
from streams.openings import Openings
from streams.settings import ClarusSettings
from streams.topics import MOVEMENTS
from tables.stock import StockBook, Waiting


class Levels:
    """Invariant: of every movement taken, exactly one fate is counted, or it waits."""

    def __init__(
        self,
        cards: StockBook,
        entries: Entries,
        out: Outputs,
        counts: Counter[str],
        clarus: ClarusSettings,
    ) -> None:
        self.openings = Openings()
        self._cards = cards
        self._entries = entries
        self._desk = Desk(out)
        self._standing = Standing(out)
        self._out = out
        self._counts = counts
        self._body_clock = clarus.hold_time != "arrival"
        self._no_record = clarus.no_record

    def take(self, movement: Movement, record: SourceRecord) -> None:
        """Let a movement in, have it wait for its opening, or set it aside."""
        place = Place(movement.account, movement.site)
        opened_at = self.openings.opened.get(place)
        if movement.kind in OPENINGS:
            if opened_at is not None:
                self._counts["quarantined"] += 1
                self._out.quarantine(record, _opened_before(place))
                return
        elif opened_at is None:
            self._cards.wait(Waiting(movement, record.offset))
            return
        elif movement.occurred_at < opened_at:
            self._counts["before_opening"] += 1
            return
        self._apply(movement, record)

    def open(self, opened: Opened, record: SourceRecord) -> None:
        """Open a place: its cards are published, and what waited for it applies."""
        place = Place(opened.account, opened.site)
        known = self.openings.opened.get(place)
        if known is None:
            self.openings.open(place, opened.at)
            self._cards.publish(place)
            self._let_in(place, opened.at, record)
        elif known != opened.at:
            self._out.quarantine(record, _opened_before(place))

    def _let_in(self, place: Place, opened_at: datetime, record: SourceRecord) -> None:
        for waiting in self._cards.release(place):
            if waiting.movement.occurred_at < opened_at:
                self._counts["before_opening"] += 1
            else:
                waited = _record_of(waiting, record.partition)
                self._apply(waiting.movement, waited, released_at=record.offset)

    def _apply(
        self, movement: Movement, record: SourceRecord, released_at: int | None = None
    ) -> None:
        card = self._cards.card(movement.sku)
        category = self._entries.categorise(movement)
        policy = None if movement.stock_record else self._policy(category)
        outcome = apply(
            card,
            movement,
            record.offset,
            released_at=released_at,
            body_clock=self._body_clock,
            unrecorded=Unrecorded.HELD_FIRST if policy == "held_first" else Unrecorded.SALEABLE,
        )
        match outcome:
            case Applied():
                self._counts["applied"] += 1
                self._cards.touch(card)
                self._entries.take(card, movement, category, record)
                if policy == "flag" or movement.accepts:
                    self._tell(card, movement, source_of(record), flagged=policy == "flag")
            case Repeated():
                self._counts["repeated"] += 1
            case Conflict():
                self._counts["conflict"] += 1
                self._desk.conflict(movement, record)
            case TooOld():
                self._counts["too_old"] += 1
                self._desk.too_old(movement, record)
            case Replayed():
                raise BrokenInvariant(
                    f"{movement.sku}: offset {record.offset} is not above {card.applied_offset}"
                )
            case _:
                assert_never(outcome)

    def _tell(self, card: StockCard, movement: Movement, source: str, *, flagged: bool) -> None:
        """Say what a person must know of a movement just applied."""
        if movement.accepts:
            self._desk.accepted(card, movement, source)
        if flagged and movement.signed_milli < 0:
            self._standing.held_unclear(card, movement, source)

    def _policy(self, category: Category | UnmappedReason) -> str | None:
        """Return what goods that left without naming a record were; of a new code nobody knows."""
        return self._no_record.get(category.name) if isinstance(category, Category) else "flag"


@dataclass(slots=True)
class _Released:
    """The record of a movement that waited: as it stands in the log, its bytes rendered anew."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: Headers = field(default_factory=Headers)


def _record_of(waiting: Waiting, partition: int) -> SourceRecord:
    movement = waiting.movement
    return _Released(
        MOVEMENTS.name,
        partition,
        waiting.offset,
        int(movement.received_at.timestamp() * 1000),
        movement.sku.encode(),
        render_movement(movement),
    )


def _opened_before(place: Place) -> str:
    return f"{place.account} at {place.site} was opened before: a place opens once"
