"""keep_stock: movements and products of one partition to cards, availability, entries, exceptions.

The hops of one movement: `_take_movement` -> `Levels.take` -> `ledger.level.apply` ->
`Entries.take`.
"""

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ledger.availability import availability_of
from ledger.errors import BrokenInvariant, MalformedRecord
from ledger.journal import Book
from ledger.level import StockCard
from ledger.movement import Movement, Opened
from ledger.valuation import Product
from ledger.wire import parse_movement_record
from streams.chart import chart_of
from streams.engine.fold import Cut, SourceRecord
from streams.headers import source_of, time_of
from streams.keep_stock_charts import Charts
from streams.keep_stock_entries import Entries
from streams.keep_stock_levels import PIECE_LET_IN, Levels
from streams.keep_stock_outputs import Outputs
from streams.keep_stock_products import Products, supersedes
from streams.keep_stock_standing import Standing
from streams.openings import Openings, UnderWay
from streams.settings import Settings
from streams.topics import MOVEMENTS, PRODUCTS
from tables.cleared import Cleared
from tables.stock import StockBook

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class KeepStock:
    """The fold of keep_stock for one partition; pure but for its own state."""

    def __init__(
        self,
        partition: int,
        settings: Settings,
        *,
        first_version: int = 0,
        piece: int = PIECE_LET_IN,
        entered: Container[int] | None = None,
    ) -> None:
        """Begin empty.

        In a rebuild `first_version` is above every version published before, and `entered` are
        the offsets of the movements with an entry: no entry is written, what has none is parked.
        """
        self._partition = partition
        self._cards = StockBook(first_version)
        self._cleared = Cleared()
        self._out = Outputs(partition, settings.partitions, self._cleared)
        self._counts: Counter[str] = Counter()
        self._products = Products(partition, settings)
        self._now = BEGINNING  # Kafka's clock, as the last record tells it
        book = Book(chart_of(settings), ZoneInfo(settings.books.time_zone))
        self._standing = Standing(self._out)
        self._entries = Entries(self._cards, self._out, book, self._counts, entered)
        self._charts = Charts(partition, self._cards, self._entries)
        self._levels = Levels(
            self._cards, self._entries, self._out, self._counts, settings.clarus, piece=piece
        )

    def restore(
        self,
        changelog: Mapping[bytes, bytes],
        counts: Mapping[str, int],
        state: Mapping[str, Any],
    ) -> None:
        """Start from the recovered changelog; cards are decoded when they are touched."""
        self._cards.restore(changelog)
        self._cleared.restore(changelog)
        self._counts.update(counts)
        self._levels.openings = Openings(state)
        self._levels.find_waiting()
        self._charts.restore(state)

    @property
    def under_way(self) -> UnderWay | None:
        """Return the opening that is not done yet."""
        return self._levels.openings.under_way

    @property
    def is_unfinished(self) -> bool:
        """Say whether an opening is under way."""
        return self.under_way is not None

    def fold(self, records: Sequence[SourceRecord]) -> int:
        """Apply records of one source partition in offset order, up to an opening under way."""
        take = self._take_product if records[0].topic == PRODUCTS.name else self._take_movement
        count = 0
        for record in records:
            if self.is_unfinished:
                break
            take(record)
            count += 1
        if not count:
            raise BrokenInvariant("a record is folded while an opening is under way")
        self._now = max(self._now, time_of(records[count - 1].timestamp))
        return count

    def go_on(self) -> int:
        """Let in more of the opening under way."""
        return self._levels.go_on()

    def cut(self) -> Cut:
        """Return what was touched since the last cut, fixed as bytes of this moment."""
        for card in self._cards.touched():
            self._state(card)
        self._out.forget_cleared(self._now)
        counts = {
            **self._counts,
            "waiting": self._cards.waiting.count,
            "parked": self._cards.parked_count(),
        }
        return Cut(
            outputs=self._out.take(),
            changelog=[*self._cards.snapshot(), *self._cleared.snapshot()],
            counts=counts,
            state={**self._levels.openings.state(), **self._charts.state()},
        )

    def committed(self, cut: Cut) -> None:
        """Show the cut's cards to readers."""
        self._cards.commit(cut.changelog)

    def committed_values(self) -> Mapping[bytes, bytes]:
        """Return committed cards by SKU."""
        return self._cards.committed

    def _state(self, card: StockCard) -> None:
        """Say what may be sold of a card whose version has risen, and what is wrong with it."""
        source = f"{MOVEMENTS.name}/{self._partition}/{card.applied_offset}"
        self._standing.look_at_levels(card, source)
        if self._cards.has_risen(card):
            availability = availability_of(card, self._levels.openings.opened_to(card.sku))
            if availability is not None:
                self._out.availability(availability)

    def _take_movement(self, record: SourceRecord) -> None:
        try:
            said = parse_movement_record(record.value or b"")
        except MalformedRecord as error:
            self._counts["quarantined"] += 1
            self._out.quarantine(record, str(error))
            return
        if isinstance(said, Movement):
            self._levels.take(said, record)
            return
        self._counts["controls"] += 1
        if isinstance(said, Opened):
            self._levels.open(said, record)
        else:
            self._charts.apply(said, record)

    def _take_product(self, record: SourceRecord) -> None:
        try:
            product = self._products.read(record.value or b"")
            card = self._cards.card(product.sku)
            is_newer = supersedes(product, card.product)
        except MalformedRecord as error:
            self._counts["products_quarantined"] += 1
            self._out.quarantine(record, str(error))
            return
        self._counts["products"] += 1
        if is_newer:
            self._apply_product(card, product, record)

    def _apply_product(self, card: StockCard, product: Product, record: SourceRecord) -> None:
        if card.product is None or card.product.saleable != product.saleable:
            card.version += 1
        card.product_offset = record.offset
        self._cards.touch(card)
        self._entries.revalue(card, product, time_of(record.timestamp), source_of(record))
