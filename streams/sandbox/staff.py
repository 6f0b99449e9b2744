"""The people on the floor: what they do about one order, one return, one adjustment.

Goods that are wanted and not there are taken in first (the lines tell no goods-in, the sales imply
it); part of that is told late, so that levels elsewhere fall below zero, as they do in life.
"""

from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from random import Random

from streams.sandbox.agenda import Agenda
from streams.sandbox.documents import Order, OrderLine, Receipt
from streams.sandbox.floor import Floor
from streams.sandbox.records import Shelf, StockRecord
from streams.sandbox.tenant import REASONS
from streams.sandbox.webhooks import MINUTE

CASE_MILLI = 12_000  # goods come in whole cases of twelve
LATE_SHARE = 0.15  # of the goods-in that is told late
SHORT_SHARE = 0.1  # of the lines that find too little: sent short instead of waiting for goods
PARTS_SHARE = 0.15  # of the orders: they leave in two parts
AGAIN_SHARE = 0.01  # of the orders: a despatch is taken back and made again
# Somebody rings the customer first: such orders are often a slip of the keyboard, taken back.
LARGE_MILLI, LARGE_WAITS = 3_000_000, timedelta(hours=2)
CHECKED_SHARE = 0.1  # of what customers send back: held until it was looked at


class Staff:
    """Works on one floor by one agenda; draws only from the chance it is given."""

    def __init__(self, floor: Floor, agenda: Agenda, chance: Random) -> None:
        self.floor = floor
        self.counts: Counter[str] = Counter()
        self._agenda = agenda
        self._chance = chance

    def take_order(self, order: Order, at: datetime) -> None:
        """Enter an order: it is picked within the hour, and leaves half an hour or more later."""
        self.counts["orders"] += 1
        if self._chance.random() < PARTS_SHARE and len(order.lines) > 1:
            order.parts = 2
        self.floor.goods_out.enter(order, at)
        picked_at = at + timedelta(minutes=self._chance.randint(5, 45))
        if any(line.ordered_milli > LARGE_MILLI for line in order.lines):
            picked_at += LARGE_WAITS
        self._agenda.plan(picked_at, partial(self._pick, order))
        for part in range(order.parts):
            leaves = picked_at + timedelta(minutes=self._chance.randint(30, 90) + 90 * part)
            self._agenda.plan(leaves, partial(self._dispatch, order, part))

    def take_back(self, order: Order, line: OrderLine, at: datetime) -> None:
        """Take a line back on the day it was sold: before it was picked, or after it left."""
        if not order.is_picked:
            self.counts["cancelled"] += 1
            self.floor.goods_out.cancel_line(order, line, at)
        elif not order.is_done:
            self._agenda.plan(at + timedelta(minutes=30), partial(self.take_back, order, line))
        elif line.dispatched_milli:
            self.counts["undispatched"] += 1
            self.floor.goods_out.undispatch(order, line, at, again=False)

    def take_return(self, reference: str, goods: list[tuple[Shelf, int]], at: datetime) -> None:
        """Take a customer's goods in: onto the shelf, or first on hold to be looked at."""
        checked: list[tuple[Shelf, int]] = []
        sound: list[tuple[Shelf, int]] = []
        for part in goods:
            (checked if self._chance.random() < CHECKED_SHARE else sound).append(part)
        if sound:
            self.floor.receive(f"RET-{reference}", "return", sound, at)
        for shelf, milli in checked:
            self._check(f"RET-{reference}", shelf, milli, at)

    def adjust(self, shelf: Shelf, change_milli: int, at: datetime, *, typed: str | None) -> None:
        """Write what staff found, a transaction a record; what is written off was there before."""
        if change_milli < 0:
            self.have(shelf, -change_milli, at)
            left = -change_milli
            for record in self.floor.room.records.free(shelf):
                part = min(left, record.quantity_milli)
                if part:
                    self.floor.adjust(record, -part, at, why=typed)
                    self.counts["adjustment_events"] += 1
                    left -= part
            return
        self.counts["adjustment_events"] += 1
        loose = self.floor.room.records.free(shelf)
        if loose:
            self.floor.adjust(loose[0], change_milli, at, why=typed)
        else:
            self.floor.add(shelf, change_milli, at, why=typed)

    def have(self, shelf: Shelf, quantity_milli: int, at: datetime) -> None:
        """See to it that so much can be picked: goods come in for what is missing."""
        missing = quantity_milli - self.floor.room.free_milli(shelf)
        if missing > 0:
            cases = -(-missing // CASE_MILLI) + self._chance.randint(0, 4)
            late = self._chance.random() < LATE_SHARE
            self.counts["goods_in"] += 1
            self.counts["goods_in_late"] += late
            reference = f"PO-{self.counts['goods_in']:05d}"
            goods = [(shelf, cases * CASE_MILLI)]
            self.floor.receive(reference, "standard", goods, at, late=late)

    def _pick(self, order: Order, at: datetime) -> None:
        order.is_picked = True
        wanted = [line for line in order.lines if not line.is_cancelled]
        for line in wanted:
            self._pick_line(order, line, at)
        if wanted:
            self.floor.goods_out.picked(order, at)

    def _pick_line(self, order: Order, line: OrderLine, at: datetime) -> None:
        shelf = Shelf(line.account, order.warehouse, line.sku)
        there = self.floor.room.free_milli(shelf)
        if there < line.ordered_milli and self._chance.random() < SHORT_SHARE:
            self.counts["short"] += 1
            self.floor.goods_out.pick(order, line, there, at)
            return
        self.have(shelf, line.ordered_milli, at)
        self.floor.goods_out.pick(order, line, line.ordered_milli, at)

    def _dispatch(self, order: Order, part: int, at: datetime) -> None:
        """Let a part of the lines leave; the last part takes all that is left."""
        is_last = part == order.parts - 1
        going = order.lines if is_last else order.lines[: len(order.lines) // 2]
        for line in going:
            self.floor.goods_out.dispatch(order, line, at)
        if self._chance.random() < AGAIN_SHARE:
            self._again(order, going, at + 5 * MINUTE)
        if is_last and any(not line.is_cancelled for line in order.lines):
            self.floor.goods_out.complete(order, at)

    def _again(self, order: Order, lines: list[OrderLine], at: datetime) -> None:
        """Have a parcel come back from the lorry, and leave again."""
        for line in lines:
            if line.dispatched_milli:
                self.counts["dispatched_again"] += 1
                self.floor.goods_out.undispatch(order, line, at, again=True)
                self.floor.goods_out.dispatch(order, line, at + 5 * MINUTE)
                return

    def _check(self, reference: str, shelf: Shelf, milli: int, at: datetime) -> None:
        receipt = self.floor.announce(reference, "return", [(shelf, milli)], at)
        record = self.floor.receive_line(receipt, receipt.lines[0], shelf, milli, at)
        self.counts["held"] += 1
        self.floor.hold(record, at + MINUTE, "Came back: looked at before it is sold again")
        looked_at = at + timedelta(minutes=self._chance.randint(20, 90))
        self._agenda.plan(looked_at, partial(self._judge, receipt, record))

    def _judge(self, receipt: Receipt, record: StockRecord, at: datetime) -> None:
        if self._chance.random() < 0.5:
            self.floor.release(record, at, "As good as new")
            self.floor.put_away(record, at)
        else:
            self.floor.write_off_held(
                record, record.quantity_milli, at, reason=REASONS["RTS"], names_record=True
            )
        self.floor.complete(receipt, at)
