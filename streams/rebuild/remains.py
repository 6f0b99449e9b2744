"""What lanes have published: kept topics know more of them than a lost changelog can tell."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from ledger.exceptions import ExceptionClass
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

    def take_entry(self, record: SourceRecord) -> None:
        """Take an entry: what it values is in its SKU's pool."""
        entry = _fields(record)
        topic, partition, offset = _source(record, entry["source"])
        lane = self.lanes[partition]
        lane.entries += 1
        lane.rules.add(entry["rules"])
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
        """Take a notice: what is raised about a SKU stands on its card."""
        if record.value is None:
            return
        notice = _fields(record)
        if notice["class"] not in {of.value for of in ON_CARDS}:
            return
        standing = self.standing[notice["sku"]]
        standing.pop(notice["exception_id"], None)
        if notice["state"] == "raised":
            standing[notice["exception_id"]] = datetime.fromisoformat(notice["raised_at"])

    def take_movement(self, record: SourceRecord) -> None:
        """Take a movement: translate has come past the delivery it was read from."""
        delivery = _fields(record).get("delivery") if record.value else None
        if delivery is not None:
            topic, partition, offset = _source(record, delivery)
            if topic == DELIVERIES.name:
                self.delivered[partition] = max(self.delivered[partition], offset + 1)


def _fields(record: SourceRecord) -> Mapping[str, Any]:
    try:
        return orjson.loads(record.value)
    except orjson.JSONDecodeError:
        raise RefusesToRun(
            f"{record.topic}/{record.partition}/{record.offset} is not JSON: it was not written "
            "by this program, and nothing can be rebuilt from it"
        ) from None


def _source(record: SourceRecord, text: str) -> tuple[str, int, int]:
    topic, partition, offset = text.rsplit("/", 2)
    if not partition.isdigit() or not offset.isdigit():
        raise RefusesToRun(
            f"{record.topic}/{record.partition}/{record.offset} cites {text!r}, which is no place"
        )
    return topic, int(partition), int(offset)
