"""The warehouse floor: every action changes the stock room and tells every event that matches it.

So that a reader who counts a despatch and its completed order as two is found out.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from streams.sandbox.documents import Receipt, ReceiptLine, putaway_webhook, receipt_webhook
from streams.sandbox.goods_out import GoodsOut, pickface
from streams.sandbox.records import Shelf, StockRecord
from streams.sandbox.stock_room import StockRoom, Transaction
from streams.sandbox.tenant import REASONS, ReasonCode
from streams.sandbox.webhooks import (
    HOLD,
    MINUTE,
    RELEASE,
    Body,
    Webhook,
    hold_webhook,
    reason_body,
    stock_webhook,
    transfer_webhook,
)


class Floor:
    """Invariant: what was told and what stands in the room are of the same transactions."""

    def __init__(self) -> None:
        self.room = StockRoom()
        self.goods_out = GoodsOut(self.room, self.tell)
        self._told: list[Webhook] = []
        self._document_ids = count(7_001)
        self._line_ids = count(15_001)
        self._task_ids = count(250_001)

    def take_told(self) -> list[Webhook]:
        """Return what was told since the last time."""
        told, self._told = self._told, []
        return told

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
        receipt = self.announce(reference, receipt_type, goods, at - MINUTE)
        stored: list[StockRecord] = []
        for (shelf, milli), line in zip(goods, receipt.lines, strict=True):
            record = self.receive_line(receipt, line, shelf, milli, at, late=late)
            stored.append(self.put_away(record, at))
        self.complete(receipt, at)
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
        line.received_milli += quantity_milli
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

    def unreceive(
        self, receipt: Receipt, line: ReceiptLine, record: StockRecord, at: datetime
    ) -> None:
        """Unconfirm a receive task."""
        line.received_milli -= record.quantity_milli
        self._tell(self.room.unreceive(record.record_id, at), goods_in=receipt.named)

    def complete(self, receipt: Receipt, at: datetime) -> None:
        """All that came in with a receipt has its place, or is gone."""
        self._told.append(receipt_webhook("completed", receipt, at))

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
        self,
        reference: str | None,
        receipt_type: str,
        goods: Sequence[tuple[Shelf, int]],
        at: datetime,
    ) -> Receipt:
        """Return a new receipt, to be received line by line and then completed."""
        first = goods[0][0]
        receipt = Receipt(
            next(self._document_ids),
            reference,
            receipt_type,
            first.account,
            first.warehouse,
            tuple(ReceiptLine(next(self._line_ids), shelf.sku, milli) for shelf, milli in goods),
        )
        self._told.append(receipt_webhook("created", receipt, at))
        return receipt

    def _tell(self, transaction: Transaction, **more: Any) -> None:
        self._told.append(stock_webhook(transaction, **more))


def _why(why: str | ReasonCode | None) -> Body:
    if isinstance(why, ReasonCode):
        return {"reason_code": reason_body(why), "description": why.name}
    return {"reason_code": None, "description": why}
