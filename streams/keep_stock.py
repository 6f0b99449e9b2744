"""keep_stock: movements and products of one partition to cards, availability, entries, exceptions.

The hops of one movement: `_take_movement` -> `_admit` -> `ledger.level.apply` -> `Entries.take`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from ledger.availability import availability_of
from ledger.chart import Category, Chart, UnmappedReason
from ledger.errors import BrokenInvariant, MalformedRecord
from ledger.holds import Place
from ledger.journal import Book
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
from ledger.valuation import Product
from ledger.wire import parse_movement_record, parse_product, render_movement
from streams.chart import chart_of
from streams.engine.fold import Cut, Headers, SourceRecord
from streams.headers import source_of
from streams.keep_stock_desk import Desk
from streams.keep_stock_entries import Entries
from streams.keep_stock_outputs import Outputs
from streams.log import log
from streams.openings import Openings
from streams.settings import Settings
from streams.topics import MOVEMENTS, PRODUCTS
from tables.stock import StockBook, Waiting


class KeepStock:
    """The fold of keep_stock for one partition; pure but for its own state."""

    def __init__(self, partition: int, settings: Settings, *, first_version: int = 0) -> None:
        """Begin empty; after a rebuild `first_version` is above every version published before."""
        self._partition = partition
        self._cards = StockBook(first_version)
        self._openings = Openings()
        self._out = Outputs(partition, settings.partitions)
        self._desk = Desk(self._out)
        self._counts: Counter[str] = Counter()
        book = Book(chart_of(settings), ZoneInfo(settings.books.time_zone))
        self._entries = Entries(self._cards, self._out, self._desk, book, self._counts)
        self._body_clock = settings.clarus.hold_time != "arrival"
        self._no_record = settings.clarus.no_record

    def restore(
        self,
        changelog: Mapping[bytes, bytes],
        counts: Mapping[str, int],
        state: Mapping[str, Any],
    ) -> None:
        """Start from the recovered changelog; cards are decoded when they are touched."""
        self._cards.restore(changelog)
        self._counts.update(counts)
        self._openings = Openings(state.get("openings", ()))
        self._use_chart(state.get("rules"))

    def _use_chart(self, rules: str | None) -> None:
        """Go on with the chart in force; the settings' chart is only where a lane begins."""
        wanted = self._entries.book.chart
        self._entries.use(wanted if rules is None else self._cards.chart(rules))
        if rules not in (None, wanted.rules):
            log.warning(
                "chart.differs",
                partition=self._partition,
                in_force=rules,
                settings=wanted.rules,
                fix="run `stock chart apply` to let the settings' chart count",
            )

    def fold(self, records: Sequence[SourceRecord]) -> None:
        """Apply records of one source partition in offset order."""
        take = self._take_product if records[0].topic == PRODUCTS.name else self._take_movement
        for record in records:
            take(record)

    def cut(self) -> Cut:
        """Return what was touched since the last cut, fixed as bytes of this moment."""
        for card in self._cards.touched():
            self._desk.look_at_levels(card, self._source(card.applied_offset))
            if self._cards.has_risen(card):
                availability = availability_of(card, self._openings.opened)
                if availability is not None:
                    self._out.availability(availability)
        counts = dict(self._counts)
        counts["waiting"] = self._cards.waiting_count()
        counts["parked"] = self._cards.parked_count()
        return Cut(
            outputs=self._out.take(),
            changelog=self._cards.snapshot(),
            counts=counts,
            state={
                "openings": self._openings.state(),
                "rules": self._entries.book.chart.rules,
            },
        )

    def committed(self, cut: Cut) -> None:
        """Show the cut's cards to readers."""
        self._cards.commit(list(cut.changelog))

    def committed_values(self) -> Mapping[bytes, bytes]:
        """Return committed cards by SKU."""
        return self._cards.committed

    def _take_movement(self, record: SourceRecord) -> None:
        try:
            said = parse_movement_record(record.value or b"")
        except MalformedRecord as error:
            self._quarantine(record, str(error), "quarantined")
            return
        if isinstance(said, Opened):
            self._open(said, record)
        elif isinstance(said, Chart):
            self._apply_chart(said, record)
        else:
            self._admit(said, record)

    def _admit(self, movement: Movement, record: SourceRecord) -> None:
        """Let a movement in, have it wait for its opening, or set it aside."""
        place = Place(movement.account, movement.site)
        opened_at = self._openings.opened.get(place)
        if movement.kind in OPENINGS:
            if opened_at is not None:
                self._quarantine(record, _opened_before(place), "quarantined")
                return
        elif opened_at is None:
            self._cards.wait(Waiting(movement, record.offset))
            return
        elif movement.occurred_at < opened_at:
            self._counts["before_opening"] += 1
            return
        self._apply(movement, record)

    def _apply(
        self, movement: Movement, record: SourceRecord, released_at: int | None = None
    ) -> None:
        card = self._cards.card(movement.sku)
        category = self._entries.categorise(movement)
        outcome = apply(
            card,
            movement,
            record.offset,
            released_at=released_at,
            body_clock=self._body_clock,
            unrecorded=self._unrecorded(category),
        )
        match outcome:
            case Applied():
                self._counts["applied"] += 1
                self._cards.touch(card)
                self._tell(card, movement, category, record)
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

    def _tell(
        self,
        card: StockCard,
        movement: Movement,
        category: Category | UnmappedReason,
        record: SourceRecord,
    ) -> None:
        """Enter a movement just applied, and say what a person must know of it."""
        source = source_of(record)
        self._entries.take(card, movement, category, record.offset, source)
        if movement.accepts is not None:
            self._desk.accepted(card, movement, source)
        if self._is_flagged(category) and movement.stock_record is None:
            self._desk.held_unclear(card, movement, source)

    def _take_product(self, record: SourceRecord) -> None:
        try:
            product = parse_product(record.value or b"")
        except MalformedRecord as error:
            self._quarantine(record, str(error), "products_quarantined")
            return
        self._counts["products"] += 1
        card = self._cards.card(product.sku)
        if card.product is None or product.version > card.product.version:
            self._apply_product(card, product, record)

    def _apply_product(self, card: StockCard, product: Product, record: SourceRecord) -> None:
        if card.product is None or card.product.saleable != product.saleable:
            card.version += 1
        card.product_offset = record.offset
        self._cards.touch(card)
        self._entries.revalue(card, product, _time_of(record), source_of(record))

    def _open(self, opened: Opened, record: SourceRecord) -> None:
        """Open a place: its cards are published, and what waited for it applies."""
        self._counts["controls"] += 1
        place = Place(opened.account, opened.site)
        known = self._openings.opened.get(place)
        if known is not None:
            if known != opened.at:
                self._out.quarantine(record, _opened_before(place))
            return
        self._openings.open(place, opened.at)
        for sku in self._cards.skus():
            card = self._cards.card(sku)
            if place in card.on_hand:
                card.version += 1
                self._cards.touch(card)
        for waiting in self._cards.release(place):
            movement = waiting.movement
            if movement.occurred_at < opened.at:
                self._counts["before_opening"] += 1
            else:
                self._apply(movement, _record_of(waiting, record.partition), record.offset)

    def _apply_chart(self, chart: Chart, record: SourceRecord) -> None:
        self._counts["controls"] += 1
        self._entries.use(chart)
        for sku in self._cards.parked_skus():
            self._entries.enter_parked(self._cards.card(sku), _time_of(record), source_of(record))

    def _quarantine(self, record: SourceRecord, reason: str, fate: str) -> None:
        self._counts[fate] += 1
        self._out.quarantine(record, reason)

    def _unrecorded(self, category: Category | UnmappedReason) -> Unrecorded:
        policy = self._policy(category)
        return Unrecorded.HELD_FIRST if policy == "held_first" else Unrecorded.SALEABLE

    def _is_flagged(self, category: Category | UnmappedReason) -> bool:
        return self._policy(category) == "flag"

    def _policy(self, category: Category | UnmappedReason) -> str | None:
        return self._no_record.get(category.name) if isinstance(category, Category) else None

    def _source(self, offset: int) -> str:
        return f"{MOVEMENTS.name}/{self._partition}/{offset}"


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
    return f"{place.account} at {place.site} was opened before: `stock rebuild` begins anew"


def _time_of(record: SourceRecord) -> datetime:
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)
