"""What lanes have published: kept topics know more of them than a lost changelog can tell."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from ledger.exceptions import ExceptionClass
from ledger.movement import Movement
from ledger.quantity import parse_quantity
from ledger.valuation import Pool
from streams.engine.errors import RefusesToRun
from streams.engine.fold import SourceRecord
from streams.topics import DELIVERIES, MOVEMENTS

# Exceptions about a SKU stand on its card; the others are about one movement.
ON_CARDS = (ExceptionClass.NO_COST, ExceptionClass.BELOW_ZERO, ExceptionClass.HELD_UNCLEAR)


@dataclass(slots=True)
class Published:
    """What one partition's lane of keep_stock has published."""

    entered: set[int] = field(default_factory=set[int])  # offsets of movements with an entry
    entries: int = 0
    pools: dict[str, Pool] = field(default_factory=dict[str, Pool])
    rules: set[str] = field(default_factory=set[str])  # charts that entries cite
    earliest: tuple[int, str] | None = None  # entry: when Kafka took it in, and the chart it cites
    reached: dict[str, int] = field(default_factory=dict[str, int])  # by source: past the last
    version: int = 0  # the highest one of any SKU


@dataclass(slots=True)
class Remains:
    """Everything published, by partition."""

    lanes: defaultdict[int, Published] = field(default_factory=lambda: defaultdict(Published))
    delivered: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    standing: defaultdict[str, dict[str, datetime]] = field(  # exceptions raised, by SKU
        default_factory=lambda: defaultdict(dict)
    )
    # Exceptions cleared and not deleted yet: the lane that did, and when.
    cleared: dict[str, tuple[int, datetime]] = field(
        default_factory=dict[str, tuple[int, datetime]]
    )

    def take_entry(self, record: SourceRecord) -> None:
        """Take an entry: what it values is in its SKU's pool."""
        entry = _fields(record)
        topic, partition, offset = _source(record, entry["source"])
        lane = self.lanes[partition]
        lane.entries += 1
        lane.rules.add(entry["rules"])
        written = record.timestamp, entry["rules"]
        lane.earliest = written if lane.earliest is None else min(lane.earliest, written)
        lane.reached[topic] = max(lane.reached.get(topic, 0), offset + 1)
        if topic == MOVEMENTS.name:
            lane.entered.add(offset)
        pool = lane.pools.get(entry["sku"], Pool())
        lane.pools[entry["sku"]] = Pool(
            pool.units_milli + parse_quantity(entry["quantity"]),
            pool.pence + entry["value_pence"],
        )

    def take_statement(self, record: SourceRecord) -> None:
        """Take a statement of availability: no later one may have a lower version."""
        if record.value is not None:
            lane = self.lanes[record.partition]
            lane.version = max(lane.version, _fields(record)["version"])

    def take_notice(self, record: SourceRecord) -> None:
        """Take a notice: one about a SKU stands on its card; a cleared one is deleted later."""
        self.cleared.pop((record.key or b"").decode(), None)
        if record.value is None:
            return
        notice = _fields(record)
        source = _place(str(notice.get("source")))
        if notice["state"] == "cleared" and source is not None:
            at = datetime.fromisoformat(notice["cleared_at"])
            self.cleared[notice["exception_id"]] = source[1], at
        if notice["class"] not in {of.value for of in ON_CARDS}:
            return
        standing = self.standing[notice["sku"]]
        standing.pop(notice["exception_id"], None)
        if notice["state"] == "raised":
            standing[notice["exception_id"]] = datetime.fromisoformat(notice["raised_at"])

    def cleared_by(self, partition: int) -> dict[str, datetime]:
        """Return when a lane cleared each exception that is not deleted yet."""
        return {name: at for name, (lane, at) in self.cleared.items() if lane == partition}

    def take_movement(self, movement: Movement) -> None:
        """Take a movement: translate has come past the delivery it was read from, if it was."""
        cited = None if movement.delivery is None else _place(movement.delivery)
        if cited is not None and cited[0] == DELIVERIES.name:
            _, partition, offset = cited
            self.delivered[partition] = max(self.delivered[partition], offset + 1)


def _fields(record: SourceRecord) -> Mapping[str, Any]:
    """Return what a record of a topic says that only this program writes."""
    try:
        fields = orjson.loads(record.value or b"")
    except orjson.JSONDecodeError:
        fields = None
    if not isinstance(fields, dict):
        raise RefusesToRun(
            f"{record.topic}/{record.partition}/{record.offset} is no JSON object: it was not "
            "written by this program, and nothing can be rebuilt from it"
        )
    return fields


def _source(record: SourceRecord, text: str) -> tuple[str, int, int]:
    place = _place(text)
    if place is None:
        raise RefusesToRun(
            f"{record.topic}/{record.partition}/{record.offset} cites {text!r}, which is no place"
        )
    return place


def _place(text: str) -> tuple[str, int, int] | None:
    topic, *numbers = text.split("/")
    if len(numbers) != 2 or not all(number.isdecimal() for number in numbers):
        return None
    return topic, int(numbers[0]), int(numbers[1])
