"""A day of the retailer's lines, turned into what the warehouse has to do about them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import groupby
from random import Random
from typing import NamedTuple
from zlib import crc32

from streams.sandbox.agenda import Agenda
from streams.sandbox.catalogue import Catalogue
from streams.sandbox.documents import Order, OrderLine
from streams.sandbox.lines import Line, Sort, is_charge, reversals, sort_of
from streams.sandbox.records import Shelf
from streams.sandbox.staff import Staff
from streams.sandbox.tenant import OWN, OWN_SECOND, WAREHOUSES

MILLI = 1000
SECOND_ACCOUNT_OF = 8  # one code in so many is stock of the second account
SECOND_WAREHOUSE_SHARE = 0.25


class Group(NamedTuple):
    """Lines of one invoice and one sort, each with its place in the day."""

    invoice: str
    sort: Sort
    lines: list[tuple[int, Line]]


class Retailer:
    """Plans days for one staff; counts what the lines were."""

    def __init__(self, staff: Staff, agenda: Agenda, catalogue: Catalogue, chance: Random) -> None:
        self.counts: Counter[str] = Counter()
        self._staff = staff
        self._agenda = agenda
        self._catalogue = catalogue
        self._chance = chance

    def plan_day(self, lines: list[Line], orders_max: int | None = None) -> None:
        """Plan one day; of its orders and its returns no more than so many each."""
        taken_back = reversals(lines)
        sold: dict[int, tuple[Order, OrderLine]] = {}
        for invoice, sort, of_invoice in self._groups(lines, orders_max):
            self._count(sort, [line for _, line in of_invoice])
            if sort is Sort.CHARGE:
                continue
            if sort is Sort.ADJUSTMENT:
                self._plan_adjustments([line for _, line in of_invoice])
                continue
            back = [(place, line) for place, line in of_invoice if place in taken_back]
            self._plan_taken_back([(taken_back[place], line) for place, line in back], sold)
            rest = [(place, line) for place, line in of_invoice if place not in taken_back]
            if rest:
                self._plan_invoice(invoice, sort, rest, sold)

    def shelf(self, code: str, warehouse: str) -> Shelf:
        """Return where a code's stock stands: every code belongs to one account."""
        is_second = crc32(code.encode()) % SECOND_ACCOUNT_OF == 0
        return Shelf(OWN_SECOND if is_second else OWN, warehouse, code)

    def _groups(self, lines: list[Line], orders_max: int | None) -> Iterable[Group]:
        """Return a day's lines by invoice and sort; the charges come after all goods.

        Among the goods of an invoice a charge would make two orders of it.
        """
        numbered = sorted(enumerate(lines), key=lambda each: is_charge(each[1].code))
        groups = (Group(*kind, list(group)) for kind, group in groupby(numbered, self._kind))
        return groups if orders_max is None else _some(groups, orders_max)

    def _kind(self, numbered: tuple[int, Line]) -> tuple[str, Sort]:
        line = numbered[1]
        return line.invoice, sort_of(line, self._catalogue.names)

    def _count(self, sort: Sort, lines: list[Line]) -> None:
        self.counts["lines"] += len(lines)
        self.counts[f"{sort.value}s"] += len(lines)
        if sort is Sort.ADJUSTMENT:
            typed = [line.description for line in lines if line.description]
            self.counts["adjustments_typed"] += len(typed)
            self.counts["adjustments_readable"] += sum(any(map(str.isalpha, t)) for t in typed)

    def _plan_adjustments(self, lines: list[Line]) -> None:
        for line in lines:
            shelf = self.shelf(line.code, self._warehouse())
            self._agenda.plan(line.at, partial(self._adjust, shelf, line))

    def _adjust(self, shelf: Shelf, line: Line, at: datetime) -> None:
        self._staff.adjust(shelf, line.quantity * MILLI, at, typed=line.description or None)

    def _plan_taken_back(
        self, back: list[tuple[int, Line]], sold: dict[int, tuple[Order, OrderLine]]
    ) -> None:
        for place, line in back:
            self.counts["reversals"] += 1
            if place in sold:  # else a charge, or an order that is not played
                self._agenda.plan(line.at, partial(self._staff.take_back, *sold[place]))

    def _plan_invoice(
        self,
        invoice: str,
        sort: Sort,
        lines: list[tuple[int, Line]],
        sold: dict[int, tuple[Order, OrderLine]],
    ) -> None:
        warehouse = self._warehouse()
        goods = [
            (self.shelf(line.code, warehouse), abs(line.quantity) * MILLI) for _, line in lines
        ]
        first = lines[0][1]
        if sort is Sort.RETURN:
            self._agenda.plan(first.at, partial(self._staff.take_return, invoice, goods))
            return
        order = self._staff.floor.goods_out.order(
            invoice, warehouse, first.customer or "unknown", goods
        )
        for (place, _), line in zip(lines, order.lines, strict=True):
            sold[place] = (order, line)
        self._agenda.plan(first.at, partial(self._staff.take_order, order))

    def _warehouse(self) -> str:
        return WAREHOUSES[self._chance.random() < SECOND_WAREHOUSE_SHARE]


def _some(groups: Iterable[Group], orders_max: int) -> Iterator[Group]:
    """Leave out later orders and returns, with their charges; adjustments are all played."""
    left = {Sort.SALE: orders_max, Sort.RETURN: orders_max}
    invoices: set[str] = set()
    for group in groups:
        if group.sort in left:
            left[group.sort] -= 1
            if left[group.sort] < 0:
                continue
            invoices.add(group.invoice)
        if group.sort is not Sort.CHARGE or group.invoice in invoices:
            yield group
