"""One lane of keep_stock anew: levels and identity from its movements, books from its entries.

Levels, held and identity depend on the movements and their order alone, so they come out as they
were. Which cost an entry took depended on when a product arrived between two movements; that is
not in the sources, but in the entries. So pools are their sum, and a movement that has none is
parked: a lane leaves nothing parked that lacks neither a mapping nor a cost, so what it lacks at
the end is what it waits for.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ledger.chart import Chart
from ledger.journal import has_value
from ledger.level import StockCard
from ledger.valuation import Pool
from streams.engine.errors import RefusesToRun
from streams.engine.fold import Cut, Place, Send, SourceRecord
from streams.engine.lane import Transaction
from streams.engine.mark import MARK_KEY, Mark, fingerprint
from streams.keep_stock import KeepStock
from streams.keep_stock_standing import NO_COST
from streams.openings import UnderWay
from streams.rebuild.remains import Published, Remains
from streams.settings import Settings
from streams.topics import AVAILABILITY, KEEP_STOCK, STOCK_CHANGELOG
from tables.cleared import CLEARED, render_cleared
from tables.stock import Parked, StockBook, render_kept_chart

Image = dict[bytes, bytes]
Standing = Mapping[str, Mapping[str, datetime]]  # exceptions raised, by SKU


class StockLane:
    """Takes a partition's products, then its movements, up to where the lane had come."""

    agent = KEEP_STOCK
    changelog_topic = STOCK_CHANGELOG.name

    def __init__(
        self,
        partition: int,
        settings: Settings,
        chart: Chart,
        published: Published,
        *,
        under_way: UnderWay | None = None,
    ) -> None:
        """Begin with the chart the lane began with, above every version it published.

        The opening that it was in the middle of, if any, is brought as far as it had come.
        """
        self.partition = partition
        self.records = 0
        self._published = published
        self._under_way = under_way
        # SKU by SKU, so that it can end at any.
        self._fold = KeepStock(
            partition,
            settings,
            first_version=published.version,
            entered=published.entered,
            piece=1,
        )
        key, value = render_kept_chart(chart)
        kept = {key: value}
        self._fold.restore(kept, {}, {"rules": chart.rules, "first_rules": chart.rules})
        self._image: Image = dict(kept)
        self._statements: dict[bytes, Send] = {}
        self._last_seen: dict[str, str] = {}
        self._cut = self._fold.cut()

    @property
    def cards(self) -> int:
        """Return how many cards there are."""
        return sum(not key.startswith(b"\x00") for key in self._image)

    def take(self, records: Sequence[SourceRecord]) -> None:
        """Fold records of one source; nothing of what they say is published again."""
        if not records:
            return
        self.records += len(records)
        folded = 0
        while folded < len(records):
            folded += self._fold.fold(records[folded:])
            while self._fold.under_way not in {None, self._under_way}:
                self._fold.go_on()
        self._last_seen[records[-1].topic] = fingerprint(records[-1])
        cut = self._cut = self._fold.cut()
        self._fold.committed(cut)
        for key, value in cut.changelog:
            if value is None:
                self._image.pop(key, None)
            else:
                self._image[key] = value
        for (topic, _), sends in cut.outputs.items():
            if topic == AVAILABILITY.name:
                self._statements.update((send[0] or b"", send) for send in sends)

    def transaction(
        self,
        until: Mapping[str, int],
        before: Mapping[bytes, bytes],
        remains: Remains,
    ) -> Transaction:
        """Return what makes the lane stand at `until`: cards, mark, and availability anew.

        Availability is said again because versions rise: whoever holds an older one learns that
        it is the same. `before` is the changelog as it was: what is in it no more is deleted. What
        is cleared stands in the exceptions topic: the fold has not seen what came of entries.
        """
        book = self._booked(remains.standing)
        self._image = {k: v for k, v in self._image.items() if not k.startswith(CLEARED)}
        self._image |= render_cleared(remains.cleared_by(self.partition))
        counts = {
            **self._cut.counts,
            "entries": self._published.entries,
            "parked": book.parked_count(),
        }
        state = self._cut.state
        mark = Mark(dict(until), dict(self._last_seen), counts, state)
        gone = [(key, None) for key in sorted(before.keys() - self._image.keys() - {MARK_KEY})]
        outputs: dict[Place, Sequence[Send]] = {
            (AVAILABILITY.name, self.partition): list(self._statements.values())
        }
        return Transaction(
            cut=Cut(outputs, (), counts, state),
            changelog=[*self._image.items(), *gone, (MARK_KEY, mark.render())],
            offsets=until,
            records=self.records,
        )

    def _booked(self, standing: Standing) -> StockBook:
        """Give cards the pools their entries make, having checked that what is parked must be."""
        book = StockBook()
        book.restore(self._image)
        for sku in [key.decode() for key in self._image if not key.startswith(b"\x00")]:
            card = book.card(sku)
            card.pool = self._published.pools.get(sku, Pool())
            card.exceptions = dict(standing.get(sku, {}))
            book.touch(card)
            for parked in book.parked_of(sku):
                _check_lacks(parked, card)
        self._image |= {key: value for key, value in book.snapshot() if value is not None}
        return book


def _check_lacks(parked: Parked, card: StockCard) -> None:
    """Refuse to go on where the lane would have made an entry, and the journal has none."""
    has_cost = card.product is not None and card.product.has_cost
    if parked.lacks == NO_COST.value and (has_cost or not has_value(parked.movement)):
        raise RefusesToRun(
            f"{parked.source}: {parked.movement.movement_id} of {card.sku} has no entry in the "
            "journal, and lacks neither a mapping nor a cost: either the lane had not come so "
            "far, and the group's offsets must be restored, or the journal"
        )
