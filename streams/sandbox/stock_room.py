"""What stands in the warehouses: true stock, and the transactions that changed it.

Stock here is never below zero: goods that are not there cannot be picked. What a subscriber hears
of it may come late; that is not this module's affair.
"""

from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import datetime

from streams.sandbox.records import (
    GOODS_IN_BAY,
    GOODS_OUT_BAY,
    Refused,
    Shelf,
    Status,
    StockRecord,
    StockRecords,
)

TRANSACTIONS_MAX = 200_000  # kept to look at; older ones go, their sums stay
FIRST_TRANSACTION = 910_001


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
        self.records = StockRecords()
        self._next_transaction = FIRST_TRANSACTION

    def free_milli(self, shelf: Shelf) -> int:
        """Return what may be picked of a shelf."""
        return sum(record.quantity_milli for record in self.records.free(shelf))

    def receive(
        self, shelf: Shelf, quantity_milli: int, at: datetime, batch: str | None = None
    ) -> Transaction:
        """Complete a receive task: stock comes to be, in the goods-in bay."""
        record = self.records.create(shelf, GOODS_IN_BAY, quantity_milli, batch=batch)
        return self._write("received", record, quantity_milli, quantity_milli, at)

    def put_away(self, record_id: int, location: str) -> StockRecord:
        """Move a record to its place, beside what stands there loose."""
        return self.records.move(self.records.one(record_id), location)

    def unreceive(self, record_id: int, at: datetime) -> Transaction:
        """Undo a receive task: the whole record goes."""
        record = self.records.one(record_id)
        gone = record.quantity_milli
        return self._write("unreceived", self.records.have(record, 0), gone, -gone, at)

    def pick(self, record_id: int, quantity_milli: int, at: datetime) -> Transaction:
        """Take goods to the goods-out bay, as a record of their own."""
        record = self.records.enough(record_id, quantity_milli, "not_enough_stocks_for_picking")
        self.records.have(record, record.quantity_milli - quantity_milli)
        picked = self.records.create(
            record.shelf, GOODS_OUT_BAY, quantity_milli, status=Status.PICKED, batch=record.batch
        )
        return self._write("picked", picked, quantity_milli, 0, at)

    def dispatch(self, record_id: int, quantity_milli: int, at: datetime) -> Transaction:
        """Let picked goods leave the building."""
        record = self.records.one(record_id)
        if record.status is not Status.PICKED or quantity_milli > record.quantity_milli:
            raise Refused("not_enough_stocks_for_picking", f"{record_id} is not picked so far")
        left = self.records.have(record, record.quantity_milli - quantity_milli)
        return self._write("dispatched", left, quantity_milli, -quantity_milli, at)

    def undispatch(
        self, shelf: Shelf, quantity_milli: int, at: datetime, batch: str | None = None
    ) -> Transaction:
        """Unconfirm a dispatch task: the goods are in the goods-out bay again."""
        record = self.records.create(
            shelf, GOODS_OUT_BAY, quantity_milli, status=Status.PICKED, batch=batch
        )
        return self._write("undispatched", record, quantity_milli, quantity_milli, at)

    def unpick(self, record_id: int, location: str) -> StockRecord:
        """Put picked goods back on the shelf; no stock changes, and no event tells of it."""
        self.records.turn(record_id, Status.PICKED, Status.AVAILABLE)
        return self.put_away(record_id, location)

    def adjust(self, record_id: int, change_milli: int, at: datetime) -> Transaction:
        """Adjust a record up, or down by no more than it has."""
        record = self.records.one(record_id)
        if record.quantity_milli + change_milli < 0:
            raise Refused(
                "quantity_exceeds_available",
                f"{-change_milli} thousandths of the {record.quantity_milli} of {record_id}",
            )
        after = self.records.have(record, record.quantity_milli + change_milli)
        action = "positively_adjusted" if change_milli > 0 else "negatively_adjusted"
        return self._write(action, after, abs(change_milli), change_milli, at)

    def add(self, shelf: Shelf, location: str, quantity_milli: int, at: datetime) -> Transaction:
        """Add stock that nobody received: a record of its own."""
        record = self.records.create(shelf, location, quantity_milli)
        return self._write("positively_adjusted", record, quantity_milli, quantity_milli, at)

    def hold(self, record_id: int) -> StockRecord:
        """Place a whole record on hold; raise `Refused` unless it is available."""
        return self.records.turn(record_id, Status.AVAILABLE, Status.HELD)

    def release(self, record_id: int) -> StockRecord:
        """Take a whole record off hold; raise `Refused` unless it is held."""
        return self.records.turn(record_id, Status.HELD, Status.AVAILABLE)

    def change_owner(
        self, record_id: int, account: str, quantity_milli: int, at: datetime
    ) -> tuple[Transaction, Transaction]:
        """Give goods to another account, where they stand; two transactions."""
        record = self.records.enough(record_id, quantity_milli, "quantity_exceeds_available")
        left = self.records.have(record, record.quantity_milli - quantity_milli)
        given = self.records.create(
            record.shelf._replace(account=account), record.location, quantity_milli
        )
        return (
            self._write("account_transferred", left, quantity_milli, -quantity_milli, at),
            self._write("account_transferred", given, quantity_milli, quantity_milli, at),
        )

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
