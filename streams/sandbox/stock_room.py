"""What stands in the warehouses: true stock records, and the transactions that changed them.

Stock here is never below zero: goods that are not there cannot be picked. What a subscriber hears
of it may come late; that is not this module's affair.
"""

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import NamedTuple

TRANSACTIONS_MAX = 200_000  # kept to look at; older ones go, their sums stay
FIRST_TRANSACTION, FIRST_RECORD = 910_001, 48_001
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


@dataclass(frozen=True, slots=True)
class Transaction:
    """One immutable line of history; ids rise."""

    transaction_id: int
    action: str
    shelf: Shelf
    record: StockRecord  # as it stands after the change
    quantity_milli: int  # of the action, never negative
    change_milli: int  # of the stock on hand
    at: datetime


class StockRoom:
    """Invariant: for every shelf, records and summed changes come to the same quantity."""

    def __init__(self) -> None:
        self.transactions: deque[Transaction] = deque(maxlen=TRANSACTIONS_MAX)
        self.changed_milli: defaultdict[Shelf, int] = defaultdict(int)
        self._records: dict[int, StockRecord] = {}
        self._of_shelf: defaultdict[Shelf, list[int]] = defaultdict(list)
        self._next_transaction = FIRST_TRANSACTION
        self._next_record = FIRST_RECORD

    def record(self, record_id: int) -> StockRecord:
        """Return a record; raise `Refused` if it is gone."""
        if record_id not in self._records:
            raise Refused("invalid_ids_provided", f"there is no stock {record_id}")
        return self._records[record_id]

    def records(self, shelf: Shelf) -> list[StockRecord]:
        """Return what stands on a shelf, oldest first."""
        return [self._records[record_id] for record_id in self._of_shelf.get(shelf, ())]

    def shelves(self) -> Iterator[Shelf]:
        """Return every shelf that has stock."""
        return (shelf for shelf, records in self._of_shelf.items() if records)

    def free(self, shelf: Shelf) -> list[StockRecord]:
        """Return the records that may be picked or adjusted: available, and put away."""
        return [
            record
            for record in self.records(shelf)
            if record.status is Status.AVAILABLE and record.location != GOODS_IN_BAY
        ]

    def free_milli(self, shelf: Shelf) -> int:
        """Return what may be picked of a shelf."""
        return sum(record.quantity_milli for record in self.free(shelf))

    def receive(
        self, shelf: Shelf, quantity_milli: int, at: datetime, batch: str | None = None
    ) -> Transaction:
        """Complete a receive task: stock comes to be, in the goods-in bay."""
        record = self._create(shelf, GOODS_IN_BAY, quantity_milli, batch=batch)
        return self._write("received", record, quantity_milli, quantity_milli, at)

    def put_away(self, record_id: int, location: str) -> StockRecord:
        """Move a record to its place; it merges into what stands there loose, as pickfaces do."""
        record = self.record(record_id)
        for other in self.free(record.shelf):
            if other.location == location and other.batch == record.batch:
                self._set(record, 0)
                return self._set(other, other.quantity_milli + record.quantity_milli)
        self._records[record_id] = replace(record, location=location)
        return self._records[record_id]

    def unreceive(self, record_id: int, at: datetime) -> Transaction:
        """Undo a receive task: the whole record goes."""
        record = self.record(record_id)
        gone = record.quantity_milli
        return self._write("unreceived", self._set(record, 0), gone, -gone, at)

    def pick(self, record_id: int, quantity_milli: int, at: datetime) -> Transaction:
        """Take goods to the goods-out bay, as a record of their own."""
        record = self._enough(record_id, quantity_milli, "not_enough_stocks_for_picking")
        self._set(record, record.quantity_milli - quantity_milli)
        picked = self._create(
            record.shelf, GOODS_OUT_BAY, quantity_milli, Status.PICKED, record.batch
        )
        return self._write("picked", picked, quantity_milli, 0, at)

    def dispatch(self, record_id: int, quantity_milli: int, at: datetime) -> Transaction:
        """Let picked goods leave the building."""
        record = self.record(record_id)
        if record.status is not Status.PICKED or quantity_milli > record.quantity_milli:
            raise Refused("not_enough_stocks_for_picking", f"{record_id} is not picked so far")
        left = self._set(record, record.quantity_milli - quantity_milli)
        return self._write("dispatched", left, quantity_milli, -quantity_milli, at)

    def undispatch(
        self, shelf: Shelf, quantity_milli: int, at: datetime, batch: str | None = None
    ) -> Transaction:
        """Unconfirm a dispatch task: the goods are in the goods-out bay again."""
        record = self._create(shelf, GOODS_OUT_BAY, quantity_milli, Status.PICKED, batch)
        return self._write("undispatched", record, quantity_milli, quantity_milli, at)

    def unpick(self, record_id: int, location: str) -> StockRecord:
        """Put picked goods back on the shelf; no stock changes, and no event tells of it."""
        self._records[record_id] = replace(self.record(record_id), status=Status.AVAILABLE)
        return self.put_away(record_id, location)

    def adjust(self, record_id: int, change_milli: int, at: datetime) -> Transaction:
        """Adjust a record up, or down by no more than it has."""
        record = self.record(record_id)
        if record.quantity_milli + change_milli < 0:
            raise Refused(
                "quantity_exceeds_available",
                f"{-change_milli} thousandths of the {record.quantity_milli} of {record_id}",
            )
        after = self._set(record, record.quantity_milli + change_milli)
        action = "positively_adjusted" if change_milli > 0 else "negatively_adjusted"
        return self._write(action, after, abs(change_milli), change_milli, at)

    def add(self, shelf: Shelf, location: str, quantity_milli: int, at: datetime) -> Transaction:
        """Add stock that nobody received: a record of its own."""
        record = self._create(shelf, location, quantity_milli)
        return self._write("positively_adjusted", record, quantity_milli, quantity_milli, at)

    def hold(self, record_id: int) -> StockRecord:
        """Place a whole record on hold; raise `Refused` unless it is available."""
        return self._turn(record_id, Status.AVAILABLE, Status.HELD)

    def release(self, record_id: int) -> StockRecord:
        """Take a whole record off hold; raise `Refused` unless it is held."""
        return self._turn(record_id, Status.HELD, Status.AVAILABLE)

    def change_owner(
        self, record_id: int, account: str, quantity_milli: int, at: datetime
    ) -> tuple[Transaction, Transaction]:
        """Give goods to another account, where they stand; two transactions."""
        record = self._enough(record_id, quantity_milli, "quantity_exceeds_available")
        left = self._set(record, record.quantity_milli - quantity_milli)
        given = self._create(
            record.shelf._replace(account=account), record.location, quantity_milli
        )
        return (
            self._write("account_transferred", left, quantity_milli, -quantity_milli, at),
            self._write("account_transferred", given, quantity_milli, quantity_milli, at),
        )

    def _enough(self, record_id: int, quantity_milli: int, symbol: str) -> StockRecord:
        record = self.record(record_id)
        if record.status is not Status.AVAILABLE or quantity_milli > record.quantity_milli:
            raise Refused(symbol, f"{quantity_milli} thousandths of {record_id}")
        return record

    def _turn(self, record_id: int, before: Status, after: Status) -> StockRecord:
        record = self.record(record_id)
        if record.status is not before:
            raise Refused("invalid_ids_provided", f"stock {record_id} is {record.status.value}")
        self._records[record_id] = replace(record, status=after)
        return self._records[record_id]

    def _create(
        self,
        shelf: Shelf,
        location: str,
        quantity_milli: int,
        status: Status = Status.AVAILABLE,
        batch: str | None = None,
    ) -> StockRecord:
        record = StockRecord(self._next_record, shelf, location, quantity_milli, status, batch)
        self._next_record += 1
        self._records[record.record_id] = record
        self._of_shelf[shelf].append(record.record_id)
        return record

    def _set(self, record: StockRecord, quantity_milli: int) -> StockRecord:
        after = replace(record, quantity_milli=quantity_milli)
        if quantity_milli:
            self._records[record.record_id] = after
        else:
            del self._records[record.record_id]
            self._of_shelf[record.shelf].remove(record.record_id)
        return after

    def _write(
        self,
        action: str,
        record: StockRecord,
        quantity_milli: int,
        change_milli: int,
        at: datetime,
    ) -> Transaction:
        transaction = Transaction(
            self._next_transaction, action, record.shelf, record, quantity_milli, change_milli, at
        )
        self._next_transaction += 1
        self.changed_milli[record.shelf] += change_milli
        self.transactions.append(transaction)
        return transaction
