"""Orders on their way out: each step changes the stock room and tells every event of it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import count
from zlib import crc32

from streams.sandbox.documents import Order, OrderLine, order_webhook, pick_list_webhook
from streams.sandbox.records import Shelf
from streams.sandbox.stock_room import StockRoom, Transaction
from streams.sandbox.webhooks import MINUTE, Webhook, stock_webhook


class GoodsOut:
    """The goods-out side of one floor."""

    def __init__(self, room: StockRoom, tell: Callable[[Webhook], None]) -> None:
        self._room = room
        self._tell = tell
        self._order_ids = count(33_001)
        self._line_ids = count(60_001)

    def order(
        self, reference: str, warehouse: str, customer: str, wanted: Sequence[tuple[Shelf, int]]
    ) -> Order:
        """Return a new order of shelves and thousandths; nothing is told of it yet."""
        lines = [
            OrderLine(next(self._line_ids), shelf.sku, shelf.account, milli)
            for shelf, milli in wanted
        ]
        account = lines[0].account
        return Order(next(self._order_ids), reference, account, warehouse, customer, lines)

    def enter(self, order: Order, at: datetime) -> None:
        """Take an order in and process it: a pick list is made."""
        self._tell(order_webhook("created", order, at, "PENDING"))
        self._tell(order_webhook("processed", order, at + MINUTE, "ALLOCATED"))
        self._tell(pick_list_webhook("created", order, at + MINUTE))

    def pick(self, order: Order, line: OrderLine, quantity_milli: int, at: datetime) -> None:
        """Pick one line from as many records as it takes; raises `Refused` if there are too few."""
        left = quantity_milli
        shelf = Shelf(line.account, order.warehouse, line.sku)
        for record in self._room.records.free(shelf):
            if left:
                part = min(left, record.quantity_milli)
                transaction = self._room.pick(record.record_id, part, at)
                line.picked.append(transaction.record)
                line.picked_milli += part
                left -= part
                self._tell(_of_line(transaction, order, line))

    def picked(self, order: Order, at: datetime) -> None:
        """Tell that the pick list is done."""
        self._tell(pick_list_webhook("picked", order, at))

    def dispatch(self, order: Order, line: OrderLine, at: datetime) -> None:
        """Let what is picked of a line leave, a transaction a record."""
        for record in line.picked:
            transaction = self._room.dispatch(record.record_id, record.quantity_milli, at)
            line.dispatched_milli += record.quantity_milli
            self._tell(_of_line(transaction, order, line))
        line.picked = []

    def undispatch(self, order: Order, line: OrderLine, at: datetime, *, again: bool) -> None:
        """Take a line's dispatch back: onto the shelf, or to be dispatched again."""
        shelf = Shelf(line.account, order.warehouse, line.sku)
        quantity, line.dispatched_milli = line.dispatched_milli, 0
        transaction = self._room.undispatch(shelf, quantity, at)
        self._tell(_of_line(transaction, order, line))
        if again:
            line.picked = [transaction.record]
        else:
            line.is_cancelled = True
            self._room.unpick(transaction.record.record_id, pickface(shelf))

    def complete(self, order: Order, at: datetime) -> None:
        """All that will leave has left."""
        order.is_done = True
        self._tell(pick_list_webhook("completed", order, at))
        self._tell(order_webhook("completed", order, at, "COMPLETED"))

    def cancel_line(self, order: Order, line: OrderLine, at: datetime) -> None:
        """Drop a line that was not picked yet; with the last one the order goes."""
        line.is_cancelled = True
        if all(other.is_cancelled for other in order.lines):
            order.is_done = True
            self._tell(pick_list_webhook("cancelled", order, at))
            self._tell(order_webhook("cancelled", order, at, "CANCELLED"))
        else:
            self._tell(order_webhook("updated", order, at, "PENDING"))


def pickface(shelf: Shelf) -> str:
    """Return where a shelf's loose goods stand."""
    number = crc32(shelf.sku.encode())
    return f"{'ABCDEFGH'[number % 8]}-{number // 8 % 40:02d}-{number // 320 % 6:02d}"


def _of_line(transaction: Transaction, order: Order, line: OrderLine) -> Webhook:
    named = {"id": order.order_id, "reference": order.reference}
    return stock_webhook(transaction, goods_out=named, goods_out_line_id=line.line_id)
