"""Entries: what a movement means to the books, balanced by construction.

Legs carry who makes them: `khaos` (it posts by itself, or another document of its own will) or
`us`. Only `us` legs are ever exported for posting; our own book counts all of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from ledger.chart import (
    COST_CHANGE,
    ROUNDING,
    STOCK,
    STOCK_ADJUSTED,
    Category,
    Chart,
    PostingMode,
)
from ledger.errors import BrokenInvariant
from ledger.immutable import immutable
from ledger.movement import HOLDS, Movement
from ledger.narrative import narrative, revaluation
from ledger.quantity import render_quantity
from ledger.valuation import Pool, Product, render_unit_cost, value_pence

By = Literal["khaos", "us"]


@immutable
class Posting:
    """One leg: a debit or a credit of whole pence."""

    account: str
    debit_pence: int
    credit_pence: int
    by: By


@immutable
class Cost:
    """The cost an entry was valued at, as Khaos said it."""

    source: str
    version: int
    unit_pence: str


@immutable
class Entry:
    """A balanced set of postings for one fact; an unbalanced one cannot be built."""

    entry_id: str
    movement_id: str | None  # none for a cost change
    category: str
    posting_mode: str
    sku: str
    site: str | None
    quantity: str  # signed, as the stock moved
    value_pence: int  # signed, as the stock account moved
    cost: Cost | None
    postings: tuple[Posting, ...]
    no_entry_because: str | None
    source: str  # topic/partition/offset of the record it comes from
    rules: str  # id of the chart
    occurred_at: datetime
    period: str  # the book's month, local time
    belongs_to: str
    narrative: str

    def __post_init__(self) -> None:
        balance = 0
        for posting in self.postings:
            if posting.debit_pence < 0 or posting.credit_pence < 0:
                raise BrokenInvariant(f"{self.entry_id}: a leg is negative: {posting}")
            balance += posting.debit_pence - posting.credit_pence
        if balance:
            raise BrokenInvariant(f"{self.entry_id} is out of balance by {balance} pence")


@dataclass(frozen=True, slots=True)
class Book:
    """What every entry of one book shares: the chart and the zone of its calendar."""

    chart: Chart
    zone: ZoneInfo


def entry_for(
    movement: Movement,
    category: Category,
    *,
    product: Product,
    pool: Pool,
    source: str,
    book: Book,
) -> tuple[Entry, Pool]:
    """Return a movement's one entry and the pool after it.

    The product must have a cost; without one the movement is parked, never entered at zero.
    """
    if not product.unit_cost_e4:
        raise BrokenInvariant(f"{movement.movement_id}: an entry without a cost")
    signed_milli = movement.signed_milli
    value = value_pence(signed_milli, product.unit_cost_e4)
    units_milli = pool.units_milli + signed_milli
    residue = 0 if units_milli else -(pool.pence + value)
    postings = _postings(category, value)
    if residue:
        postings += _move(STOCK, ROUNDING, residue, "khaos")
    entry = _entry(
        movement,
        category,
        value=value + residue,
        cost=Cost("khaos", product.version, _unit_pence(product.unit_cost_e4)),
        postings=postings,
        because=None if postings else "it is worth less than half a penny",
        source=source,
        book=book,
    )
    return entry, Pool(units_milli, pool.pence + value + residue)


def no_entry_for(movement: Movement, category: Category, *, source: str, book: Book) -> Entry:
    """Return the stated reason why a movement has no postings: holds change no value."""
    return _entry(
        movement,
        category,
        value=0,
        cost=None,
        postings=(),
        because="a hold or a release changes the state of stock, not its value",
        source=source,
        book=book,
    )


def cost_change_for(
    product: Product,
    *,
    before: Product | None,
    pool: Pool,
    said_at: datetime,
    source: str,
    book: Book,
) -> tuple[Entry | None, Pool]:
    """Revalue the units held at a new cost version; no entry where not a penny changes.

    Where a cost is taken away, the units keep their value until there is another.
    """
    if not product.unit_cost_e4:
        return None, pool
    value = value_pence(pool.units_milli, product.unit_cost_e4) - pool.pence
    if not value:
        return None, pool
    category = book.chart.categories[COST_CHANGE]
    period = period_of(said_at, book.zone)
    entry = Entry(
        f"entry:cost:{product.sku}:{product.version}",
        None,
        category.name,
        category.mode.value,
        product.sku,
        None,
        "0",
        value,
        Cost("khaos", product.version, _unit_pence(product.unit_cost_e4)),
        _postings(category, value),
        None,
        source,
        book.chart.rules,
        said_at,
        period,
        period,
        revaluation(product, before, pool),
    )
    return entry, Pool(pool.units_milli, pool.pence + value)


def period_of(at: datetime, zone: ZoneInfo) -> str:
    """Return the book's month of an instant: the local one, not UTC's."""
    return _period_of_quarter(at.toordinal(), at.hour, at.minute // 15, zone)


# Zones are whole quarters of an hour from UTC.
@lru_cache(maxsize=4_096)
def _period_of_quarter(day: int, hour: int, quarter: int, zone: ZoneInfo) -> str:
    at = datetime.combine(date.fromordinal(day), time(hour, 15 * quarter), UTC)
    return at.astimezone(zone).strftime("%Y-%m")


def _entry(
    movement: Movement,
    category: Category,
    *,
    value: int,
    cost: Cost | None,
    postings: tuple[Posting, ...],
    because: str | None,
    source: str,
    book: Book,
) -> Entry:
    period = period_of(movement.occurred_at, book.zone)
    return Entry(
        f"entry:{movement.movement_id}",
        movement.movement_id,
        category.name,
        category.mode.value,
        movement.sku,
        movement.site,
        render_quantity(movement.signed_milli),
        value,
        cost,
        postings,
        because,
        source,
        book.chart.rules,
        movement.occurred_at,
        period,
        period,
        narrative(movement, category),
    )


def _postings(category: Category, value: int) -> tuple[Posting, ...]:
    """Return the legs of a value; a positive one debits stock."""
    if category.mode is not PostingMode.RECLASS:
        by: By = "us" if category.mode is PostingMode.WE_POST else "khaos"
        return _move(STOCK, category.account, value, by)
    return (
        *_move(STOCK, STOCK_ADJUSTED, value, "khaos"),
        *_move(STOCK_ADJUSTED, category.account, value, "us"),
    )


def _move(debited: str, credited: str, value: int, by: By) -> tuple[Posting, ...]:
    if value > 0:
        return Posting(debited, value, 0, by), Posting(credited, 0, value, by)
    if value < 0:
        return Posting(credited, -value, 0, by), Posting(debited, 0, -value, by)
    return ()


@lru_cache(maxsize=8_192)
def _unit_pence(unit_cost_e4: int) -> str:
    return render_unit_cost(unit_cost_e4)


def stock_pence(postings: Iterable[Posting]) -> int:
    """Return what postings add to the stock account."""
    return sum(p.debit_pence - p.credit_pence for p in postings if p.account == STOCK)


def has_value(movement: Movement) -> bool:
    """Say whether a movement changes the value of stock at all."""
    return movement.kind not in HOLDS
