"""A log made in memory by the real folds and lanes, as a broker holds it, and a story for it."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import orjson

from ledger.chart import DEFAULT_CHART, Chart, Reason
from ledger.holds import Place
from ledger.valuation import Product
from ledger.wire import render_chart, render_product
from streams.clarus.delivery import ACCEPTS, EVENT, RESOURCE, TENANT
from streams.engine.fold import Fold, Headers, Send
from streams.engine.found import Found
from streams.engine.lane import Lane, RecordList
from streams.keep_stock import KeepStock
from streams.opening import opening_of, records_of
from streams.opening_file import COLUMNS, parse_rows
from streams.partitions import partition_of
from streams.settings import Settings
from streams.topic_admin import partitions_of
from streams.topics import (
    DELIVERIES,
    KEEP_STOCK,
    MOVEMENTS,
    PRODUCTS,
    QUARANTINE,
    STOCK_CHANGELOG,
    TOPICS,
    TRANSLATE,
    TRANSLATE_CHANGELOG,
)
from streams.translate import Translate
from streams.verification.verifier import CHANGELOGS, Verdict, Verifier
from streams.verify import policy_of

BEGINS = datetime(2026, 4, 1, 6, tzinfo=UTC)
OPENS = datetime(2026, 3, 30, 6, tzinfo=UTC)
HAPPENS = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)  # in London it is April already
TENANT_NAME = b"northpeak"
PIECES_MAX = 1_000  # of one opening: more than any has
MAPPED = replace(DEFAULT_CHART, reasons=(Reason("WET", "damage"),))


@dataclass(slots=True)
class Logged:
    """A record as a consumer hands it over."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: Any
    value: Any
    headers: Headers = field(default_factory=Headers)

    def change(self, **fields: Any) -> None:
        """Give fields of the JSON value other values."""
        self.value = orjson.dumps({**orjson.loads(self.value), **fields})

    @property
    def fields(self) -> dict[str, Any]:
        """Return the value as JSON."""
        return orjson.loads(self.value)


class Played:
    """Every partition of every topic; time goes on by a second a record."""

    def __init__(self, partitions: int = 2, **clarus: Any) -> None:
        said = {"tenant": TENANT_NAME.decode(), "accounts": ["NPK", "OAK"], **clarus}
        self.settings = Settings.model_validate({"partitions": partitions, "clarus": said})
        self.log: defaultdict[tuple[str, int], list[Logged]] = defaultdict(list)
        self.now = BEGINS
        self._next: defaultdict[tuple[str, int], int] = defaultdict(int)
        lanes = product((TRANSLATE, KEEP_STOCK), range(partitions))
        self.lanes = [new_lane(self.settings, agent, partition) for agent, partition in lanes]
        for lane in self.lanes:
            nothing, unknown = dict.fromkeys(lane.sources, 0), dict.fromkeys(lane.sources)
            lane.start(Found({}, 0, unknown, nothing, nothing, unknown))

    def append(self, topic: str, partition: int, send: Send) -> Logged:
        """Write one record."""
        key, value, headers = send
        self.now += timedelta(seconds=1)
        offset = self._next[topic, partition]
        self._next[topic, partition] += 1
        at_ms = int(self.now.timestamp() * 1000)
        record = Logged(topic, partition, offset, at_ms, key, value, headers)
        self.log[topic, partition].append(record)
        return record

    def deliver(self, event: str, body: Any, key: str = "MUG", **headers: str) -> None:
        """Hand a body in as the door would."""
        resource, _, name = event.partition(".")
        said = {RESOURCE: resource.encode(), EVENT: name.encode(), TENANT: TENANT_NAME}
        said |= {header: text.encode() for header, text in headers.items()}
        value = body if isinstance(body, bytes) else orjson.dumps(body)
        place = partition_of(key.encode(), self.settings.partitions)
        self.append(DELIVERIES.name, place, (key.encode(), value, [*said.items()]))

    def cost(self, sku: str, version: int, unit_e4: int | None, *, saleable: bool = True) -> None:
        """Tell a version of a product."""
        key = sku.encode()
        value = render_product(Product(sku, version, unit_e4, saleable))
        self.append(PRODUCTS.name, partition_of(key, self.settings.partitions), (key, value, []))

    def open(self, rows: str, empty: Place | None = None) -> None:
        """Load a position, as `stock opening load` does."""
        position = parse_rows(f"{','.join(COLUMNS)}\n{rows}".encode())
        opening = opening_of(position, OPENS, now=self.now, empty=empty, settings=self.settings)
        self.write(records_of(opening, self.settings.partitions))

    def chart(self, chart: Chart) -> None:
        """Have a chart count from here on."""
        value = render_chart(chart)
        partitions = range(self.settings.partitions)
        self.write({(MOVEMENTS.name, p): [(None, value, [])] for p in partitions})

    def write(self, outputs: Mapping[tuple[str, int], Sequence[Send]]) -> None:
        """Write a transaction: after it, each partition has a marker that takes an offset."""
        for (topic, partition), sends in outputs.items():
            for send in sends:
                self.append(topic, partition, send)
            self._next[topic, partition] += bool(sends)

    def end(self, topic: str, partition: int) -> int:
        """Return the offset that the next record of a partition gets."""
        return self._next[topic, partition]

    def image(self, changelog: str, partition: int) -> dict[bytes, bytes]:
        """Return the last values of a changelog by key, as compaction leaves them."""
        last = {record.key: record.value for record in self.log[changelog, partition]}
        return {key: value for key, value in last.items() if value is not None}

    def run(self, *, pieces: int = PIECES_MAX) -> None:
        """Have every lane take everything, products first, each list in its own transaction.

        An opening has one piece for every SKU; with more than so many it is left in the middle.
        """
        for lane in self.lanes:
            for topic in reversed(lane.sources):
                self._take(lane, topic, pieces)

    def sent(self, topic: str, test: Callable[[Logged], bool] = bool) -> Logged:
        """Return the first record of a topic that passes a test."""
        return next(record for record in self.records(topic) if test(record))

    def records(self, topic: str) -> list[Logged]:
        """Return a topic's records, partition by partition."""
        return [
            record for (name, _), own in sorted(self.log.items()) if name == topic for record in own
        ]

    def drop(self, record: Logged) -> None:
        """Lose a record."""
        self.log[record.topic, record.partition].remove(record)

    def copy(self, record: Logged, **changed: Any) -> Logged:
        """Write a record again at the end of its partition, with fields of its value changed."""
        again = self.append(
            record.topic, record.partition, (record.key, record.value, record.headers)
        )
        again.change(**changed)
        return again

    def card(self, sku: str) -> Logged:
        """Return the last card of a SKU."""
        own = self.records(STOCK_CHANGELOG.name)
        return [record for record in own if record.key == sku.encode()][-1]

    def mark(self, changelog: str = STOCK_CHANGELOG.name, partition: int = 0) -> Logged:
        """Return a lane's last mark."""
        return [r for r in self.log[changelog, partition] if r.key == b"\x00mark"][-1]

    def _take(self, lane: Lane, topic: str, pieces: int) -> None:
        is_whole = False
        while True:
            while lane.fold.is_unfinished and pieces:
                lane.go_on()
                pieces -= 1
            self._commit(lane)
            if is_whole or lane.fold.is_unfinished:
                return
            before, after = lane.next_offset[topic], self._next[topic, lane.partition]
            new = [r for r in self.log[topic, lane.partition] if before <= r.offset < after]
            is_whole = lane.take(RecordList(topic, lane.partition, 1, before, after, new))

    def _commit(self, lane: Lane) -> None:
        transaction = lane.cut()
        if transaction is not None:
            place = (lane.changelog_topic, lane.partition)
            changelog = [(key, value, Headers()) for key, value in transaction.changelog]
            self.write({**transaction.cut.outputs, place: changelog})
            lane.committed(transaction)

    def verdict(self, begun: Mapping[tuple[str, int], int] | None = None) -> Verdict:
        """Have the log verified, as `stock verify` reads it that began now, or at a moment."""
        verifier = Verifier(policy_of(self.settings))
        for record in _changes(self, moment_of(self) if begun is None else begun):
            verifier.take_changelog(record)
        if verifier.needs_controls:
            for record in self.records(MOVEMENTS.name):
                verifier.take_control(record)
        verifier.begin(
            {
                (plan.name, partition): (0, self._next[plan.name, partition])
                for plan in TOPICS
                for partition in range(partitions_of(plan, self.settings))
            }
        )
        for topic, take in verifier.stages().items():
            for record in self.records(topic):
                take(record)
        return verifier.verdict()


def moment_of(played: Played) -> dict[tuple[str, int], int]:
    """Return where the changelogs end: a verification that begins now judges up to there."""
    partitions = range(played.settings.partitions)
    return {(topic, p): played.end(topic, p) for topic in CHANGELOGS for p in partitions}


def _changes(played: Played, ends: Mapping[tuple[str, int], int]) -> Iterator[Logged]:
    for topic in CHANGELOGS:
        for record in played.records(topic):
            if record.offset < ends[topic, record.partition]:
                yield record


def new_lane(settings: Settings, agent: str, partition: int) -> Lane:
    """Return a lane that has not begun; an opening has one piece for every SKU."""
    fold: Fold = Translate(partition, settings)
    changelog, sources = TRANSLATE_CHANGELOG.name, (DELIVERIES.name,)
    if agent == KEEP_STOCK:
        fold = KeepStock(partition, settings, piece=1)
        changelog, sources = STOCK_CHANGELOG.name, (MOVEMENTS.name, PRODUCTS.name)
    return Lane(
        agent, partition, sources=sources, read_first=None, changelog_topic=changelog, fold=fold
    )


def body(number: int, sku: str = "MUG", quantity: str = "1", **fields: Any) -> dict[str, Any]:
    """Return the body of a change of stock; it happened after the opening unless it says more."""
    said = {
        "id": number,
        "created_at": HAPPENS.isoformat(),
        "account": {"code": "NPK"},
        "product": {"code": sku},
        "warehouse": {"code": "LEEDS"},
        "quantity": float(quantity),
        **fields,
    }
    return {name: value for name, value in said.items() if value is not None}


def day(played: Played | None = None) -> Played:
    """Return a log, or go on with one, in which everything has happened that can."""
    played = played or Played()
    _before_the_opening(played)
    played.open("NPK,LEEDS,MUG,10,,\nNPK,LEEDS,MUG,,r1,4\nNPK,LEEDS,JUG,3,,\n", None)
    played.run()
    _a_morning(played)
    played.run()
    _an_afternoon(played)
    played.run()
    played.open("", Place("OAK", "YORK"))
    played.run()
    return played


def _before_the_opening(played: Played) -> None:
    played.cost("MUG", 1, 5_501_250)
    played.cost("JUG", 1, 3_333)
    played.cost("CUP", 1, 3_333_333)
    early = (OPENS - timedelta(hours=1)).isoformat()
    played.deliver("stock.dispatched", body(1, quantity="2"))
    played.deliver("stock.dispatched", body(2, quantity="5", created_at=early))
    played.deliver("stock.received", body(3, "VASE", "6", account={"code": "OAK"}))
    played.run()


def _a_morning(played: Played) -> None:
    tell = played.deliver
    tell("stock.received", body(10, "VASE", "2.5"), "VASE")
    tell("stock.received", body(11, quantity="7"))
    tell("stock.received", body(11, quantity="7"))
    tell("stock.received", body(11, quantity="8"))
    tell("stock.negatively_adjusted", body(12, reason_code="WET"))
    tell("stock.negatively_adjusted", body(13, description="damaged in picking", quantity="3"))
    tell("stock.negatively_adjusted", body(14, description="who knows"))
    tell("stock.positively_adjusted", body(15, "JUG", description="found"), "JUG")
    tell("stock.dispatched", body(16, "JUG", "4"), "JUG")
    tell("stock.placed_on_hold", body(900, quantity="2", stock_id=900))
    tell("stock.placed_on_hold", body(900, quantity="2", stock_id=900))
    tell("stock.released_from_hold", body(900, quantity="2", stock_id=900))
    tell("stock.picked", body(17))
    tell("stock.received", body(18, account={"code": "STRANGER"}))
    tell("stock.received", [body(19), body(20, "JUG"), {"id": 21}])
    tell("stock.received", b"{not json")
    tell("goods_out.created", {"id": 5, "reference": "ORD-5", "account": {"code": "NPK"}})
    for number in (40, 41, 42):
        tell("stock.received", body(number, "CUP"), "CUP")
    tell("stock.dispatched", body(43, "CUP", "3"), "CUP")
    out = body(22, quantity="1")
    tell(
        "stock.account_transferred",
        {
            "transaction_source": out,
            "transaction_target": {**out, "id": 23, "account": {"code": "OAK"}},
        },
    )


def _an_afternoon(played: Played) -> None:
    played.cost("MUG", 2, 6_000_000)
    played.cost("VASE", 1, 1_000_000, saleable=False)
    played.cost("JUG", 2, None)
    played.chart(MAPPED)
    played.append(MOVEMENTS.name, 0, (b"MUG", b"no movement", []))
    kept = played.sent(QUARANTINE.name, lambda record: dict(record.headers).get("class") == b"E04")
    played.deliver(
        "stock.received", kept.value, **{ACCEPTS: dict(kept.headers)["movement_id"].decode()}
    )
    played.run()
    played.now += timedelta(days=40)
    late = (BEGINS + timedelta(days=40)).isoformat()
    played.deliver("stock.received", body(30, "JUG", "9", created_at=late), "JUG")
    played.deliver("stock.dispatched", body(31, "VASE", "2.5", created_at=late), "VASE")
    played.deliver("stock.received", body(32, created_at=late))
    played.deliver("stock.received", body(33))
