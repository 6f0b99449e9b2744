"""The books of one partition: each movement's one entry, or its parking until one can be made."""

from collections import Counter
from collections.abc import Container
from dataclasses import replace
from datetime import datetime

from ledger.chart import Category, Chart, UnmappedReason
from ledger.exceptions import ExceptionClass
from ledger.journal import Book, cost_change_for, entry_for, has_value, no_entry_for
from ledger.level import StockCard
from ledger.movement import Movement
from ledger.valuation import Product
from streams.engine.fold import SourceRecord
from streams.headers import source_of
from streams.keep_stock_desk import UNMAPPED, Desk
from streams.keep_stock_outputs import Outputs
from streams.keep_stock_standing import NO_COST, Standing
from tables.stock import Parked, StockBook


class Entries:
    """Invariant: a movement in the levels has its entry, or is parked."""

    def __init__(
        self,
        cards: StockBook,
        out: Outputs,
        book: Book,
        counts: Counter[str],
        entered: Container[int] | None,
    ) -> None:
        """Begin empty; in a rebuild `entered` are the offsets of movements with an entry."""
        self.book = book
        self._cards = cards
        self._out = out
        self._desk = Desk(out)
        self._standing = Standing(out)
        self._counts = counts
        self._entered = entered

    def categorise(self, movement: Movement) -> Category | UnmappedReason:
        """Return a movement's category in the chart in force."""
        return self.book.chart.categorise(movement)

    def use(self, chart: Chart) -> None:
        """Let a chart count from here on; it is kept: entries that cite it are proven by it."""
        self.book = Book(chart, self.book.zone)
        self._cards.keep_chart(chart)

    def take(
        self,
        card: StockCard,
        movement: Movement,
        category: Category | UnmappedReason,
        record: SourceRecord,
    ) -> None:
        """Write the entry of a movement just applied, or park it."""
        if self._entered is not None and record.offset in self._entered:
            return
        source = source_of(record)
        lacks = self._enter(card, movement, category, source)
        if lacks is None:
            return
        applied_at = card.applied_offset  # of the opening, where it waited for one
        self._cards.park(Parked(movement, source, record.offset, applied_at, lacks.value))
        if isinstance(category, UnmappedReason):
            self._desk.unmapped(movement, category, source)
        else:
            self._standing.no_cost(card, movement.received_at, source)

    def revalue(self, card: StockCard, product: Product, at: datetime, source: str) -> None:
        """Give the card a product's new version; value its units by it, enter what it allows."""
        before, card.product = card.product, product
        entry, card.pool = cost_change_for(
            product, before=before, pool=card.pool, said_at=at, source=source, book=self.book
        )
        if entry is not None:
            self._out.entry(entry)
            self._counts["entries"] += 1
        self.enter_parked(card, at, source)

    def enter_parked(self, card: StockCard, at: datetime, source: str) -> None:
        """Write the entries that a cost or a mapping has made possible, in order of applying."""
        parked_now = self._cards.parked_of(card.sku)
        for parked in parked_now:
            self._enter_one(card, parked, at, source)
        if parked_now:
            self._cards.touch(card)
            if not any(p.lacks == NO_COST.value for p in self._cards.parked_of(card.sku)):
                self._standing.cost_known(card, at, source)

    def _enter_one(self, card: StockCard, parked: Parked, at: datetime, source: str) -> None:
        category = self.categorise(parked.movement)
        lacks = self._enter(card, parked.movement, category, parked.source)
        if lacks is not None and lacks.value == parked.lacks:
            return
        self._cards.unpark(parked)
        if parked.lacks == UNMAPPED.value:
            self._desk.mapped(parked.movement, at, source)
        if lacks is not None:
            self._cards.park(replace(parked, lacks=lacks.value))
            if isinstance(category, UnmappedReason):
                self._desk.unmapped(parked.movement, category, source)
            else:
                self._standing.no_cost(card, at, source)

    def _enter(
        self,
        card: StockCard,
        movement: Movement,
        category: Category | UnmappedReason,
        source: str,
    ) -> ExceptionClass | None:
        """Write a movement's one entry; else return what it lacks."""
        if isinstance(category, UnmappedReason):
            return UNMAPPED
        if self._entered is not None:
            return NO_COST  # which cost was known when, a rebuild cannot tell
        if not has_value(movement):
            self._out.entry(no_entry_for(movement, category, source=source, book=self.book))
        elif card.product is None or not card.product.has_cost:
            return NO_COST
        else:
            entry, card.pool = entry_for(
                movement,
                category,
                product=card.product,
                pool=card.pool,
                source=source,
                book=self.book,
            )
            self._out.entry(entry)
        self._counts["entries"] += 1
        return None
