"""The warehouse floor: every action changes the stock room and tells every event that matches it.

So that a reader who counts a despatch and its completed order as two is found out.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from zlib import crc32

from streams.sandbox.documents import (
    Order,
    OrderLine,
    Receipt,
    ReceiptLine,
    order_webhook,
    pick_list_webhook,
    putaway_webhook,
    receipt_webhook,
)
from streams.sandbox.stock_room import Shelf, StockRecord, StockRoom, Transaction
from streams.sandbox.tenant import REASONS, ReasonCode
from streams.sandbox.webhooks import (
    HOLD,
    RELEASE,
    Body,
    Webhook,
    hold_webhook,
    reason_body,
    stock_webhook,
    transfer_webhook,
)

MINUTE = timedelta(minutes=1)


class Floor:
    """Invariant: what was told and what stands in the room are of the same transactions."""

    def __init__(self) -> None:
        self.room = StockRoom()
        self._told: list[Webhook] = []
        self._document_ids = count(33_001)
        self._line_ids = count(60_001)
        self._task_ids = count(250_001)

    def take_told(self) -> list[Webhook]:
        """Return what was told since the last time."""
        told, self._told = self._told, []
        return told

    def order(
        self, reference: str, warehouse: str, customer: str, wanted: Sequence[tuple[Shelf, int]]
    ) -> Order:
        """Return a new order of shelves and thousandths; nothing is told of it yet."""
        lines = [
            OrderLine(next(self._line_ids), shelf.sku, shelf.account, milli)
            for shelf, milli in wanted
        ]
        account = lines[0].account
        return Order(next(self._document_ids), reference, account, warehouse, customer, lines)

    def enter(self, order: Order, at: datetime) -> None:
        """Take an order in and process it: a pick list is made."""
        self._told += [
            order_webhook("created", order, at, "PENDING"),
            order_webhook("processed", order, at + MINUTE, "ALLOCATED"),
            pick_list_webhook("created", order, at + MINUTE),
        ]

    def pick(self, order: Order, line: OrderLine, quantity_milli: int, at: datetime) -> None:
        """Pick one line from as many records as it takes; raises `Refused` if there are too few."""
        left = quantity_milli
        shelf = Shelf(line.account, order.warehouse, line.sku)
        for record in self.room.free(shelf):
            if left:
                part = min(left, record.quantity_milli)
                transaction = self.room.pick(record.record_id, part, at)
                line.picked.append(transaction.record)
                line.picked_milli += part
                left -= part
                self._tell(transaction, goods_out=_named(order), goods_out_line_id=line.line_id)

    def picked(self, order: Order, at: datetime) -> None:
        """Tell that the pick list is done."""
        self._told.append(pick_list_webhook("picked", order, at))

    def dispatch(self, order: Order, line: OrderLine, at: datetime) -> None:
        """Let what is picked of a line leave, a transaction a record."""
        for record in line.picked:
            transaction = self.room.dispatch(record.record_id, record.quantity_milli, at)
            line.dispatched_milli += record.quantity_milli
            self._tell(transaction, goods_out=_named(order), goods_out_line_id=line.line_id)
        line.picked = []

    def undispatch(self, order: Order, line: OrderLine, at: datetime, *, again: bool) -> None:
        """Take a line's dispatch back: onto the shelf, or to be dispatched again."""
        shelf = Shelf(line.account, order.warehouse, line.sku)
        quantity, line.dispatched_milli = line.dispatched_milli, 0
        transaction = self.room.undispatch(shelf, quantity, at)
        self._tell(transaction, goods_out=_named(order), goods_out_line_id=line.line_id)
        if again:
            line.picked = [transaction.record]
        else:
            line.is_cancelled = True
            self.room.unpick(transaction.record.record_id, pickface(shelf))

    def complete(self, order: Order, at: datetime) -> None:
        """All that will leave has left."""
        order.is_done = True
        self._told += [
            pick_list_webhook("completed", order, at),
            order_webhook("completed", order, at, "COMPLETED"),
        ]

    def cancel_line(self, order: Order, line: OrderLine, at: datetime) -> None:
        """Drop a line that was not picked yet; with the last one the order goes."""
        line.is_cancelled = True
        if all(other.is_cancelled for other in order.lines):
            order.is_done = True
            self._told += [
                pick_list_webhook("cancelled", order, at),
                order_webhook("cancelled", order, at, "CANCELLED"),
            ]
        else:
            self._told.append(order_webhook("updated", order, at, "PENDING"))

    def receive(
        self,
        reference: str | None,
        receipt_type: str,
        goods: Sequence[tuple[Shelf, int]],
        at: datetime,
        *,
        late: bool = False,
    ) -> list[StockRecord]:
        """Take goods in and put them away; `late`: it happens, but is told long after."""
        receipt = self._receipt(reference, receipt_type, goods)
        self._told.append(receipt_webhook("created", receipt, at - MINUTE))
        stored: list[StockRecord] = []
        for (shelf, milli), line in zip(goods, receipt.lines, strict=True):
            record = self.receive_line(receipt, line, shelf, milli, at, late=late)
            stored.append(self.put_away(record, at))
        self._told.append(receipt_webhook("completed", receipt, at))
        return stored

    def receive_line(
        self,
        receipt: Receipt,
        line: ReceiptLine,
        shelf: Shelf,
        quantity_milli: int,
        at: datetime,
        *,
        late: bool = False,
    ) -> StockRecord:
        """Complete one receive task: the goods are in the bay."""
        transaction = self.room.receive(shelf, quantity_milli, at)
        self._told.append(
            stock_webhook(
                transaction, late=late, goods_in=receipt.named, goods_in_line_id=line.line_id
            )
        )
        return transaction.record

    def put_away(self, record: StockRecord, at: datetime) -> StockRecord:
        """Put a record of the goods-in bay in its place."""
        stored = self.room.put_away(record.record_id, pickface(record.shelf))
        self._told.append(putaway_webhook(next(self._task_ids), stored, at))
        return stored

    def unreceive(self, receipt: Receipt, record: StockRecord, at: datetime) -> None:
        """Unconfirm a receive task."""
        self._tell(self.room.unreceive(record.record_id, at), goods_in=receipt.named)

    def adjust(
        self, record: StockRecord, change_milli: int, at: datetime, *, why: str | ReasonCode | None
    ) -> None:
        """Adjust one record, with a text staff typed or with a reason code; raises `Refused`."""
        transaction = self.room.adjust(record.record_id, change_milli, at)
        self._tell(transaction, **_why(why))

    def add(
        self, shelf: Shelf, quantity_milli: int, at: datetime, *, why: str | ReasonCode | None
    ) -> None:
        """Add stock that was found; a record of its own."""
        self._tell(self.room.add(shelf, pickface(shelf), quantity_milli, at), **_why(why))

    def tell(self, webhook: Webhook) -> None:
        """Tell something that is of no stock record."""
        self._told.append(webhook)

    def hold(self, record: StockRecord, at: datetime, note: str) -> None:
        """Place a whole record on hold."""
        held = self.room.hold(record.record_id)
        self._told.append(hold_webhook(HOLD, held, at, REASONS["QC"], note))

    def release(self, record: StockRecord, at: datetime, note: str) -> None:
        """Take a whole record off hold."""
        free = self.room.release(record.record_id)
        self._told.append(hold_webhook(RELEASE, free, at, REASONS["QCOK"], note))

    def write_off_held(
        self,
        record: StockRecord,
        quantity_milli: int,
        at: datetime,
        *,
        reason: ReasonCode,
        names_record: bool,
    ) -> None:
        """Write off goods of a held record; the body may leave out which record it was."""
        transaction = self.room.adjust(record.record_id, -quantity_milli, at)
        webhook = stock_webhook(transaction, in_order=True, **_why(reason))
        if not names_record:
            del webhook.body["stock_id"]
        self._told.append(webhook)

    def change_owner(
        self, record: StockRecord, account: str, quantity_milli: int, at: datetime
    ) -> None:
        """Give goods to another account, where they stand."""
        self._told.append(
            transfer_webhook(*self.room.change_owner(record.record_id, account, quantity_milli, at))
        )

    def announce(
        self, reference: str | None, receipt_type: str, goods: Sequence[tuple[Shelf, int]]
    ) -> Receipt:
        """Return a receipt to be received line by line; nothing is told of it yet."""
        return self._receipt(reference, receipt_type, goods)

    def _receipt(
        self, reference: str | None, receipt_type: str, goods: Sequence[tuple[Shelf, int]]
    ) -> Receipt:
        first = goods[0][0]
        return Receipt(
            next(self._document_ids),
            reference,
            receipt_type,
            first.account,
            first.warehouse,
            tuple(
                ReceiptLine(next(self._line_ids), shelf.sku, milli, milli) for shelf, milli in goods
            ),
        )

    def _tell(self, transaction: Transaction, **more: Any) -> None:
        self._told.append(stock_webhook(transaction, **more))


def pickface(shelf: Shelf) -> str:
    """Return where a shelf's loose goods stand."""
    number = crc32(shelf.sku.encode())
    return f"{'ABCDEFGH'[number % 8]}-{number // 8 % 40:02d}-{number // 320 % 6:02d}"


def _named(order: Order) -> Body:
    return {"id": order.order_id, "reference": order.reference}


def _why(why: str | ReasonCode | None) -> Body:
    if isinstance(why, ReasonCode):
        return {"reason_code": reason_body(why), "description": why.name}
    return {"reason_code": None, "description": why}
