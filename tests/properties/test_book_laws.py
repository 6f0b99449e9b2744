"""The laws of the books: every entry balances, and the stock account is the pool."""

from collections.abc import Iterator
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chart import DEFAULT_CHART, Category, Chart, Reason, UnmappedReason, chart_with
from ledger.journal import Book, Entry, cost_change_for, entry_for, has_value, stock_pence
from ledger.movement import Movement, MovementKind
from ledger.remembered import id_hash
from ledger.valuation import Pool, Product
from tests.support.movements import QUANTITY_KINDS, movement

BOOK = Book(DEFAULT_CHART, ZoneInfo("Europe/London"))
HISTORIES = 10_000
SHARES = 8  # tests the histories are split over
MOVEMENTS = [
    movement(number, kind, quantity)
    for number, (kind, quantity) in enumerate(
        (kind, quantity) for kind in QUANTITY_KINDS for quantity in ("1", "2", "3", "7", "0.5")
    )
]


def history(random: Random) -> Iterator[tuple[Entry, Pool]]:
    """Return entries of some movements and costs, each with the pool after it."""
    pool, product = Pool(), Product("MUG-BLUE-350", 1, random.randint(1, 9_999_999), True)
    for version in range(2, random.randint(3, 12)):
        if random.random() < 0.2:
            before = product
            product = Product(product.sku, version, random.randint(1, 9_999_999), True)
            entry, pool = cost_change_for(
                product, before=before, pool=pool, said_at=_AT, source="t/0/1", book=BOOK
            )
            if entry is not None:
                yield entry, pool
        moved = random.choice(MOVEMENTS)
        category = BOOK.chart.categorise(moved)
        assert isinstance(category, Category)
        entry, pool = entry_for(
            moved, category, product=product, pool=pool, source="t/0/1", book=BOOK
        )
        yield entry, pool


_AT = MOVEMENTS[0].occurred_at


@pytest.mark.parametrize("share", range(SHARES))
def test_the_stock_account_is_the_pool(share: int) -> None:
    """Every entry balances; the entries' stock account is the pool; zero units are zero pence."""
    for seed in range(HISTORIES // SHARES):
        stock = 0
        for entry, pool in history(Random(share * HISTORIES + seed)):  # noqa: S311 (a test's own)
            debits = sum(posting.debit_pence for posting in entry.postings)
            credits_ = sum(posting.credit_pence for posting in entry.postings)
            stock += stock_pence(entry.postings)

            assert debits == credits_
            assert stock == pool.pence
            assert entry.value_pence == stock_pence(entry.postings)
            assert pool.units_milli or not pool.pence
            assert entry.postings or entry.no_entry_because


WORDS = st.one_of(st.none(), st.sampled_from(("QC", "found", "Damaged in transit", "")), st.text())


@given(st.sampled_from(MovementKind), WORDS, WORDS, st.sampled_from((None, "OTHER")))
def test_the_chart_is_total(
    kind: MovementKind, reason: str | None, note: str | None, counterpart: str | None
) -> None:
    """Every kind with every reason, note and counterpart has a category, or an unmapped code."""
    chart: Chart = chart_with((), (Reason("qc", "damage", "out"),), ())
    moved: Movement = movement(kind=kind)
    said = movement(kind=kind, reason=reason, note=note, counterpart=counterpart)

    match chart.categorise(said):
        case UnmappedReason(code):
            assert code == reason
            assert has_value(moved)
        case Category(name):
            assert name in chart.categories


def test_no_two_of_a_hundred_thousand_ids_meet() -> None:
    """Eight bytes tell movements apart, those that differ in one digit included."""
    count = 100_000
    ids = (f"clarus:northpeak:stock.dispatched:{number}" for number in range(count))

    assert count == len({id_hash(each) for each in ids})
