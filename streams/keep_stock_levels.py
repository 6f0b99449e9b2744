"""Movements into the levels of one partition: let in, waiting, set aside, applied and told."""

from collections import Counter, deque
from dataclasses import dataclass, field, replace
from typing import assert_never

from ledger.chart import Category, UnmappedReason
from ledger.errors import BrokenInvariant
from ledger.holds import Place
from ledger.level import (
    Admission,
    Applied,
    Conflict,
    Repeated,
    Replayed,
    StockCard,
    TooMuch,
    TooOld,
    Unrecorded,
    apply,
)
from ledger.movement import OPENINGS, Movement, Opened
from ledger.quantity import LEVELS_MILLI_MAX, render_quantity
from ledger.wire import render_movement
from streams.engine.fold import Headers, SourceRecord
from streams.headers import source_of
from streams.keep_stock_desk import Desk
from streams.keep_stock_entries import Entries
from streams.keep_stock_outputs import Outputs
from streams.keep_stock_standing import Standing
from streams.openings import Openings, UnderWay
from streams.settings import ClarusSettings
from streams.topics import MOVEMENTS
from tables.stock import StockBook
from tables.waiting import Waiting

# Cards and movements of an opening let in at a stretch, some 3 ms: transactions need the loop
# meanwhile, beside the records of other agents (`host.PIECE_RECORDS`). A SKU is let in whole.
PIECE_LET_IN = 50
_BOUNDS = f"what can be written: {render_quantity(LEVELS_MILLI_MAX)} units in all, up or down"


class Levels:
    """Invariant: of every movement taken, exactly one fate is counted, or it waits."""

    def __init__(
        self,
        cards: StockBook,
        entries: Entries,
        out: Outputs,
        counts: Counter[str],
        clarus: ClarusSettings,
        *,
        piece: int,
    ) -> None:
        self.openings = Openings()
        self._piece = piece
        self._to_let_in: deque[str] = deque()  # SKUs that the opening under way has not come to
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
                self._set_aside(record, _opened_before(place))
                return
        elif opened_at is None:
            self._cards.waiting.add(Waiting(movement, record.offset))
            return
        elif movement.occurred_at < opened_at:
            self._counts["before_opening"] += 1
            return
        self._apply(movement, record)

    def open(self, opened: Opened, record: SourceRecord) -> None:
        """Open a place: SKU by SKU its card is stated anew, and what waited for it applies."""
        place = Place(opened.account, opened.site)
        known = self.openings.opened.get(place)
        if known is None:
            self.openings.open(place, opened.at)
            self.openings.under_way = UnderWay(*place, record.partition, record.offset)
            self.find_waiting()
            self.go_on()
        elif known != opened.at:
            self._out.quarantine(record, _opened_before(place))

    def find_waiting(self) -> None:
        """Find the SKUs that the opening under way has still to let in."""
        under_way = self.openings.under_way
        if under_way is not None:
            self._to_let_in = deque(self._cards.concerned(under_way.place, under_way.reached))

    def go_on(self) -> int:
        """Let in the next SKUs of the opening under way; return of how many cards and movements.

        What a SKU has waiting is let in whole: no level that is half of it is ever said.
        """
        under_way, done = self.openings.under_way, 0
        if under_way is None:
            return 0
        while self._to_let_in and done < self._piece:
            sku = self._to_let_in.popleft()
            done += self._let_in(sku, under_way)
            under_way = replace(under_way, reached=sku)
        self.openings.under_way = under_way if self._to_let_in else None
        return done

    def _let_in(self, sku: str, under_way: UnderWay) -> int:
        place = under_way.place
        opened_at = self.openings.opened[place]
        admission = Admission(under_way.offset)
        done = int(self._cards.publish(place, sku))
        for waiting in self._cards.waiting.take(place, sku):
            done += 1
            if waiting.movement.occurred_at < opened_at:
                self._counts["before_opening"] += 1
            else:
                waited = _record_of(waiting, under_way.partition)
                self._apply(waiting.movement, waited, admission)
        return done

    def _apply(
        self, movement: Movement, record: SourceRecord, admission: Admission | None = None
    ) -> None:
        card = self._cards.card(movement.sku)
        category = self._entries.categorise(movement)
        policy = None if movement.stock_record else self._policy(category)
        outcome = apply(
            card,
            movement,
            record.offset,
            admission=admission,
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
            case TooMuch():
                self._set_aside(record, f"the levels of {movement.sku} would leave {_BOUNDS}")
            case Replayed():
                raise BrokenInvariant(
                    f"{movement.sku}: offset {record.offset} is not above {card.applied_offset}"
                )
            case _:
                assert_never(outcome)

    def _set_aside(self, record: SourceRecord, reason: str) -> None:
        self._counts["quarantined"] += 1
        self._out.quarantine(record, reason)

    def _tell(self, card: StockCard, movement: Movement, source: str, *, flagged: bool) -> None:
        """Say what a person must know of a movement just applied."""
        if movement.accepts:
            self._desk.accepted(movement, source)
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
