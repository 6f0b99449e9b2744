"""Stock records: what stands where, how much of it, and whether it may be picked."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

FIRST_RECORD = 48_001
GOODS_IN_BAY, GOODS_OUT_BAY = "GI-BAY", "GO-BAY"


class Refused(Exception):
    """Clarus would answer 422; `symbol` is the word of its error."""

    def __init__(self, symbol: str, details: str) -> None:
        super().__init__(f"422 {symbol}: {details}")
        self.symbol = symbol


class Status(Enum):
    """What may be done with a record's goods."""

    AVAILABLE = "available"
    HELD = "held"
    PICKED = "picked"  # in the goods-out bay, still in the building


class Shelf(NamedTuple):
    """One SKU of one account in one warehouse (the warehouse's own code)."""

    account: str
    warehouse: str
    sku: str


@dataclass(frozen=True, slots=True)
class StockRecord:
    """A quantity of one SKU in one location; holds are of whole records."""

    record_id: int
    shelf: Shelf
    location: str
    quantity_milli: int  # above zero: a record of nothing is gone
    status: Status = Status.AVAILABLE
    batch: str | None = None


class StockRecords:
    """Invariant: a record is on the list of its own shelf, and has more than nothing."""

    def __init__(self) -> None:
        self._records: dict[int, StockRecord] = {}
        self._of_shelf: defaultdict[Shelf, list[int]] = defaultdict(list)
        self._next_record = FIRST_RECORD

    def one(self, record_id: int) -> StockRecord:
        """Return a record; raise `Refused` if it is gone."""
        if record_id not in self._records:
            raise Refused("invalid_ids_provided", f"there is no stock {record_id}")
        return self._records[record_id]

    def of(self, shelf: Shelf) -> list[StockRecord]:
        """Return what stands on a shelf, oldest first."""
        return [self._records[record_id] for record_id in self._of_shelf.get(shelf, ())]

    def shelves(self) -> Iterator[Shelf]:
        """Return every shelf that has stock."""
        return (shelf for shelf, records in self._of_shelf.items() if records)

    def free(self, shelf: Shelf) -> list[StockRecord]:
        """Return the records that may be picked or adjusted: available, and put away."""
        return [
            record
            for record in self.of(shelf)
            if record.status is Status.AVAILABLE and record.location != GOODS_IN_BAY
        ]

    def enough(self, record_id: int, quantity_milli: int, symbol: str) -> StockRecord:
        """Return an available record that has so much; raise `Refused` with the symbol if not."""
        record = self.one(record_id)
        if record.status is not Status.AVAILABLE or quantity_milli > record.quantity_milli:
            raise Refused(symbol, f"{quantity_milli} thousandths of {record_id}")
        return record

    def create(
        self,
        shelf: Shelf,
        location: str,
        quantity_milli: int,
        *,
        status: Status = Status.AVAILABLE,
        batch: str | None = None,
    ) -> StockRecord:
        """Return a new record."""
        record = StockRecord(self._next_record, shelf, location, quantity_milli, status, batch)
        self._next_record += 1
        self._records[record.record_id] = record
        self._of_shelf[shelf].append(record.record_id)
        return record

    def have(self, record: StockRecord, quantity_milli: int) -> StockRecord:
        """Give a record another quantity; with nothing left it is gone."""
        after = replace(record, quantity_milli=quantity_milli)
        if quantity_milli:
            self._records[record.record_id] = after
        else:
            del self._records[record.record_id]
            self._of_shelf[record.shelf].remove(record.record_id)
        return after

    def turn(self, record_id: int, before: Status, after: Status) -> StockRecord:
        """Give a record another status; raise `Refused` unless it has the one before."""
        record = self.one(record_id)
        if record.status is not before:
            raise Refused("invalid_ids_provided", f"stock {record_id} is {record.status.value}")
        self._records[record_id] = replace(record, status=after)
        return self._records[record_id]

    def move(self, record: StockRecord, location: str) -> StockRecord:
        """Give a record another place; it merges into what stands there loose, as pickfaces do."""
        for other in self.free(record.shelf):
            if other.location == location and other.batch == record.batch:
                self.have(record, 0)
                return self.have(other, other.quantity_milli + record.quantity_milli)
        self._records[record.record_id] = replace(record, location=location)
        return self._records[record.record_id]
