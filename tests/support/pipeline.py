"""Both folds in one process, by hand: deliveries in, the records of every topic out."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from aiokafka import ConsumerRecord

from ledger.movement import Opened
from ledger.valuation import Product
from ledger.wire import render_opened, render_product
from streams.clarus.delivery import EVENT, RESOURCE, TENANT
from streams.engine.fold import Cut, Send
from streams.headers import event_kind
from streams.keep_stock import KeepStock
from streams.settings import Settings
from streams.topics import DELIVERIES, MOVEMENTS, PRODUCTS
from streams.translate import Translate
from tests.support.kafka import Record

BEGINS_AT = datetime(2026, 7, 3, 6, tzinfo=UTC)
_KIND = event_kind(PRODUCTS.name, "test", 0)


def settings_of(**clarus: object) -> Settings:
    """Return the settings of one small company with one partition."""
    named = {"tenant": "northpeak", "accounts": ("NPK",)} | clarus
    return Settings(partitions=1, clarus=named)  # type: ignore[arg-type]


class Pipeline:
    """One partition of everything; time goes on by a second a record."""

    def __init__(self, settings: Settings) -> None:
        self.records: defaultdict[str, list[Record]] = defaultdict(list)
        self._translate = Translate(0, settings)
        self._keep_stock = KeepStock(0, settings)
        self.counts: Counter[str] = Counter()
        self._now = BEGINS_AT

    def restart_translate(self, settings: Settings) -> None:
        """Have translate begin again with other settings, as a restarted worker would."""
        self._translate = Translate(0, settings)

    def open(self, site: str = "LEEDS", account: str = "NPK") -> None:
        """Open a place that holds nothing."""
        opened = Opened(account, site, BEGINS_AT - timedelta(days=30))
        self._take_movements([self._record(MOVEMENTS.name, (b"", render_opened(opened), []))])

    def day_passes(self) -> None:
        """Let a day go by before the next record."""
        self._now += timedelta(days=1)

    def cost(self, sku: str, unit_cost_e4: int) -> None:
        """Tell what a SKU costs."""
        product = render_product(Product(sku, 1, unit_cost_e4, saleable=True))
        headers = _KIND.headers(f"{sku}:1", b"2026-07-03T06:00:00Z")
        record = self._record(PRODUCTS.name, (sku.encode(), product, headers))
        self._keep_stock.fold([record])
        self._cut()

    def deliver(self, event: str, body: bytes, key: bytes = b"key") -> None:
        """Hand in a body as the door would: `event` is e.g. `stock.received`."""
        resource, _, name = event.partition(".")
        headers = [(RESOURCE, resource.encode()), (EVENT, name.encode()), (TENANT, b"northpeak")]
        self.send([(key, body, headers)])

    def send(self, sends: Iterable[Send]) -> None:
        """Write deliveries and have them go all the way."""
        self._translate.fold([self._record(DELIVERIES.name, one) for one in sends])
        written = self._written(self._translate.cut())
        self._take_movements([one for one in written if one.topic == MOVEMENTS.name])

    def _take_movements(self, records: list[Record]) -> None:
        if records:
            self._keep_stock.fold(records)
            self._cut()

    def _cut(self) -> None:
        cut = self._keep_stock.cut()
        self._written(cut)
        self._keep_stock.committed(cut)
        self.counts = Counter(cut.counts)

    def _written(self, cut: Cut) -> list[Record]:
        return [
            self._record(topic, one) for (topic, _), sends in cut.outputs.items() for one in sends
        ]

    def _record(self, topic: str, one: Send) -> Record:
        self._now += timedelta(seconds=1)
        key, value, headers = one
        record: Record = ConsumerRecord(
            topic,
            0,
            len(self.records[topic]),
            int(self._now.timestamp() * 1000),
            1,
            key or b"",
            value or b"",
            None,
            len(key or b""),
            len(value or b""),
            tuple(headers),
        )
        self.records[topic].append(record)
        return record
