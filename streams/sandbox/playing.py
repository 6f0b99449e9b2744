"""Days made one after the other: the floor, its staff and the mail, in the order of their time."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from random import Random
from typing import TextIO

from ledger.quantity import render_quantity
from streams.sandbox.agenda import Agenda
from streams.sandbox.cases import CASES
from streams.sandbox.catalogue import Catalogue
from streams.sandbox.floor import Floor
from streams.sandbox.letters import Delivery
from streams.sandbox.lines import LONDON, Line, is_charge
from streams.sandbox.mail import Mail, in_order_of
from streams.sandbox.records import Shelf, Status
from streams.sandbox.retailer import Retailer
from streams.sandbox.scenario import Scenario
from streams.sandbox.staff import CASE_MILLI, Staff
from streams.sandbox.tenant import FOREIGN, SITES, WAREHOUSES
from streams.sandbox.truth import Level, StockPlace
from streams.sandbox.webhooks import place_of

OPENS, NIGHT, CASES_FROM = time(5), time(0, 30), time(8, 15)  # of the first day, UTC
CASE_EVERY = timedelta(minutes=17)
LOADS_AFTER = timedelta(minutes=100)  # after the first line: by then some movements wait
EMPTY_SHARE = 0.2  # of the shelves that open with nothing
HELD_SHARE = 0.02  # of the shelves that open with a record on hold beside the loose goods
NIGHT_ORDERS, NIGHT_LINES = 3, 4
COLUMNS = ("account", "site", "sku", "on_hand", "stock_record", "held")

Days = Iterator[tuple[date, list[Line]]]


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """The stock of a SKU at a place, or one record of it that is on hold."""

    place: StockPlace
    on_hand_milli: int | None
    stock_record: int | None = None
    held_milli: int | None = None


class Playing:
    """Invariant: everything told happened on the floor; nothing depends on how it is received."""

    def __init__(self, scenario: Scenario, catalogue: Catalogue, days: Days) -> None:
        chance = Random(f"sandbox {scenario.seed}")  # noqa: S311 (the same seed, the same day)
        self.floor = Floor()
        self.mail = Mail(scenario.faults, Random(f"mail {scenario.seed}"))  # noqa: S311
        self.opening: list[OpeningRow] = []
        self._agenda = Agenda()
        self.staff = Staff(self.floor, self._agenda, chance)
        self.retailer = Retailer(self.staff, self._agenda, catalogue, chance)
        self._scenario, self._catalogue, self._chance = scenario, catalogue, chance
        self._days = days
        self._next = next(days, None)
        if self._next is None:
            raise LookupError("there are no lines to play")
        day, lines = self._next
        self.opens_at = datetime.combine(day, OPENS, UTC)
        self.loads_at = max(lines[0].at, self.opens_at) + LOADS_AFTER
        self._begin(day)

    def next_day(self) -> list[Delivery]:
        """Make the next day and return its deliveries; none after the last."""
        if self._next is None:
            return []
        (day, lines), self._next = self._next, next(self._days, None)
        self.retailer.plan_day(lines, self._scenario.orders_max)
        is_last = self._next is None
        end = datetime.max.replace(tzinfo=UTC) if is_last else _midnight_after(day)
        self._agenda.run_until(end)
        told = in_order_of(self.floor.take_told())
        return list(self.mail.day(told, is_last=is_last))

    def levels(self) -> dict[StockPlace, Level]:
        """Return what stands in the warehouses now, of this company's accounts."""
        on_hand: dict[StockPlace, int] = {}
        held: dict[StockPlace, int] = {}
        for shelf in self.floor.room.records.shelves():
            if shelf.account == FOREIGN:
                continue
            place = place_of(shelf)
            for record in self.floor.room.records.of(shelf):
                on_hand[place] = on_hand.get(place, 0) + record.quantity_milli
                if record.status is Status.HELD:
                    held[place] = held.get(place, 0) + record.quantity_milli
        return {place: Level(milli, held.get(place, 0)) for place, milli in on_hand.items()}

    def _begin(self, day: date) -> None:
        """Fill the shelves, work through the night, and export the position at `opens_at`."""
        night = datetime.combine(day, NIGHT, UTC)
        for code in sorted(self._catalogue.codes):
            if not is_charge(code):
                self._fill(code, night - timedelta(days=1))
        self.floor.take_told()  # webhooks were not on yet
        for number in range(NIGHT_ORDERS):
            self._agenda.plan(night, partial(self._night_order, number))
        if self._scenario.cases:
            start = datetime.combine(day, CASES_FROM, UTC)
            for number, case in enumerate(CASES):
                self._agenda.plan(start + number * CASE_EVERY, partial(case, self.floor))
        self._agenda.plan(self.opens_at, self._export)

    def _fill(self, code: str, at: datetime) -> None:
        price = self._catalogue.prices.get(code)
        cases_max = 2 if price is None else 36 if price < 1 else 10 if price < 5 else 3
        for warehouse in WAREHOUSES:
            shelf = self.retailer.shelf(code, warehouse)
            if self._chance.random() < EMPTY_SHARE:
                continue
            milli = self._chance.randint(1, cases_max) * CASE_MILLI
            self.floor.add(shelf, milli, at, why="opening")
            if self._chance.random() < HELD_SHARE:
                self._hold_some(shelf, at)

    def _hold_some(self, shelf: Shelf, at: datetime) -> None:
        record = self.floor.room.add(shelf, "Q-01-01", CASE_MILLI, at).record
        self.floor.hold(record, at, "Waits for a check")
        if self._chance.random() < 0.5:
            looked_at = self.opens_at + timedelta(hours=self._chance.randint(4, 9))
            self._agenda.plan(looked_at, lambda at: self.floor.release(record, at, "Is sound"))

    def _night_order(self, number: int, at: datetime) -> None:
        """Goods leave before the position is exported: their webhooks come before it as well."""
        codes = sorted(code for code in self._catalogue.prices if not is_charge(code))
        goods = [
            (self.retailer.shelf(code, WAREHOUSES[0]), self._chance.randint(1, 6) * 1000)
            for code in self._chance.sample(codes, min(NIGHT_LINES, len(codes)))
        ]
        order = self.floor.goods_out.order(f"NIGHT-{number}", WAREHOUSES[0], "0", goods)
        self.staff.take_order(order, at)

    def _export(self, at: datetime) -> None:
        """Take the position down, at a quiet moment: nothing told so far is of a later one."""
        told = self.floor.take_told()
        if any(webhook.at >= at for webhook in told):
            raise AssertionError("the moment of the opening is not quiet")
        for webhook in told:
            self.floor.tell(webhook)
        for place, level in sorted(self.levels().items()):
            self.opening.append(OpeningRow(place, level.on_hand_milli))
        for shelf in self.floor.room.records.shelves():
            for record in self.floor.room.records.of(shelf):
                if record.status is Status.HELD and shelf.account != FOREIGN:
                    milli = record.quantity_milli
                    row = OpeningRow(place_of(shelf), None, record.record_id, milli)
                    self.opening.append(row)


def write_rows(rows: list[OpeningRow], file: TextIO) -> None:
    """Write a position as `stock opening load` reads it, with the warehouses' own codes."""
    warehouses = {site: code for code, site in SITES.items()}
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        account, site, sku = row.place
        on_hand = "" if row.on_hand_milli is None else render_quantity(row.on_hand_milli)
        held = "" if row.held_milli is None else render_quantity(row.held_milli)
        writer.writerow((account, warehouses[site], sku, on_hand, row.stock_record or "", held))


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), LONDON).astimezone(UTC)
