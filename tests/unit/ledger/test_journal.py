"""Entries: the golden figures of the accounts, to the penny."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ledger.chart import DEFAULT_CHART, Category
from ledger.errors import BrokenInvariant
from ledger.journal import (
    Book,
    Entry,
    Posting,
    cost_change_for,
    entry_for,
    no_entry_for,
    period_of,
    stock_pence,
)
from ledger.movement import Movement, MovementKind
from ledger.valuation import Pool, Product
from streams.verification.levels import period
from tests.support.movements import AT, movement, product

K = MovementKind
LONDON = ZoneInfo("Europe/London")
BOOK = Book(DEFAULT_CHART, LONDON)


class Ledger:
    """The posted pool of one SKU, and the balance of every account."""

    def __init__(self, cost: str) -> None:
        self.pool = Pool()
        self.balance: Counter[str] = Counter()
        self.ours: Counter[str] = Counter()  # what `us` legs move
        self._product = product(cost)

    def move(self, moved: Movement, category: str | None = None) -> Entry:
        found = BOOK.chart.categories[category] if category else BOOK.chart.categorise(moved)
        assert isinstance(found, Category)
        entry, self.pool = entry_for(
            moved, found, product=self._product, pool=self.pool, source="t/3/9", book=BOOK
        )
        return self._posted(entry)

    def cost(self, cost: str) -> Entry | None:
        before, self._product = self._product, product(cost, self._product.version + 1)
        entry, self.pool = cost_change_for(
            self._product, before=before, pool=self.pool, said_at=AT, source="p/3/9", book=BOOK
        )
        return entry and self._posted(entry)

    def _posted(self, entry: Entry) -> Entry:
        for leg in entry.postings:
            self.balance[leg.account] += leg.debit_pence - leg.credit_pence
            if leg.by == "us":
                self.ours[leg.account] += leg.debit_pence - leg.credit_pence
        return entry


def test_a_month() -> None:
    """Receipt, despatch, damage, count, return and scrap, each at the cost of 5.50."""
    book = Ledger("550")
    book.move(movement(1, K.RECEIVED, "100"))
    book.move(movement(2, K.DISPATCHED, "30"))
    assert (book.pool, book.balance["cost_of_sale"]) == (Pool(70_000, 38_500), 16_500)
    book.move(movement(3, K.ADJUSTED_DOWN, "2", note="damaged"))
    assert (book.pool, book.balance["damage"]) == (Pool(68_000, 37_400), 1_100)
    book.move(movement(4, K.ADJUSTED_DOWN, "1", note="count"))
    assert (book.pool, book.balance["count_variance"]) == (Pool(67_000, 36_850), 550)
    book.move(movement(5, K.RETURNED, "3"))
    assert (book.pool, book.balance["cost_of_sale"]) == (Pool(70_000, 38_500), 14_850)
    book.move(movement(6, K.RETURNED, "1"), "return")
    book.move(movement(7, K.ADJUSTED_DOWN, "1"), "return_scrapped")
    assert (book.pool, book.balance["returns_write_off"]) == (Pool(70_000, 38_500), 550)
    assert book.balance["stock_adjusted"] == 0
    assert sum(book.balance.values()) == 0


@pytest.mark.parametrize(
    ("done", "undone"), [(K.RECEIVED, K.UNRECEIVED), (K.RETURNED, K.UNRETURNED)]
)
def test_a_receipt_undone_leaves_nothing_in_the_books(done: K, undone: K) -> None:
    """A return takes cost of sale back, so its undoing gives it again; goods-in is GRNI's."""
    book = Ledger("550")
    book.move(movement(1, done, "3"))
    book.move(movement(2, undone, "3"))

    assert Pool() == book.pool
    assert set(book.balance.values()) == {0}


def test_a_loss_is_not_booked_twice() -> None:
    """Where Khaos moves stock by itself, we move only its adjustment account on."""
    book = Ledger("550")
    entry = book.move(movement(1, K.ADJUSTED_DOWN, "2", note="damaged"))

    assert entry.postings == (
        Posting("stock_adjusted", 1_100, 0, "khaos"),
        Posting("stock", 0, 1_100, "khaos"),
        Posting("damage", 1_100, 0, "us"),
        Posting("stock_adjusted", 0, 1_100, "us"),
    )
    assert book.balance == {"stock": -1_100, "damage": 1_100, "stock_adjusted": 0}
    assert book.ours == {"damage": 1_100, "stock_adjusted": -1_100}


def test_stock_below_zero_comes_right_with_the_new_cost() -> None:
    """8 at 10, sell 10, then 2 come at 12: no unit, no penny, and 4 pounds to explain."""
    book = Ledger("1000")
    book.move(movement(1, K.RECEIVED, "8"))
    book.move(movement(2, K.DISPATCHED, "10"))
    assert book.pool == Pool(-2_000, -2_000)
    changed = book.cost("1200")
    book.move(movement(3, K.RECEIVED, "2"))

    assert changed is not None
    assert changed.value_pence == -400
    assert book.pool == Pool(0, 0)
    assert book.balance["stock"] == 0
    assert book.balance["revaluation"] == 400


def test_the_last_unit_takes_the_residue() -> None:
    """Three at a third of ten pounds: 3.33, 3.33, 3.33, and the penny goes to rounding."""
    book = Ledger("333.333")
    book.move(movement(1, K.RECEIVED, "3"))
    values = [book.move(movement(n, K.DISPATCHED, "1")).value_pence for n in (2, 3, 4)]

    assert values == [-333, -333, -334]
    assert book.pool == Pool(0, 0)
    assert (book.balance["stock"], book.balance["rounding"]) == (0, 1)
    assert book.balance["cost_of_sale"] == 999


def test_a_new_cost_revalues_what_is_held() -> None:
    """One memo entry a version, naming the cost before and after; none where nothing changes."""
    book = Ledger("550")
    assert book.cost("560") is None
    book.move(movement(1, K.RECEIVED, "10"))
    entry = book.cost("540")

    assert entry is not None
    assert (entry.entry_id, entry.movement_id) == ("entry:cost:MUG-BLUE-350:3", None)
    assert (entry.category, entry.posting_mode, entry.value_pence) == ("cost_change", "memo", -200)
    assert entry.narrative == "10 x MUG-BLUE-350 revalued from 560.0000 to 540.0000 pence a unit"
    assert (entry.source, entry.period) == ("p/3/9", "2026-07")
    assert cost_change_for(
        product(None), before=None, pool=book.pool, said_at=AT, source="", book=BOOK
    ) == (None, book.pool)


def test_an_entry_cites_what_it_was_made_from() -> None:
    """Source offset, cost version and rules prove its value; the narrative says what happened."""
    moved = movement(1, K.ADJUSTED_DOWN, "2", note="Dropped at packing")
    entry = Ledger("550").move(moved, "breakage")

    assert entry.entry_id == f"entry:{moved.movement_id}"
    assert entry.cost is not None
    assert (entry.cost.source, entry.cost.version, entry.cost.unit_pence) == (
        "khaos",
        1,
        "550.0000",
    )
    assert (entry.source, entry.rules) == ("t/3/9", DEFAULT_CHART.rules)
    assert (entry.quantity, entry.value_pence) == ("-2", -1_100)
    assert entry.narrative == "2 x MUG-BLUE-350 broken at LEEDS: Dropped at packing"


def test_a_hold_has_no_entry_and_says_so() -> None:
    """It changes the state of stock, not its value."""
    moved = movement(1, K.HELD, "2", stock_record="r")
    entry = no_entry_for(moved, BOOK.chart.categories["hold"], source="t/0/1", book=BOOK)

    assert (entry.postings, entry.value_pence, entry.quantity) == ((), 0, "0")
    assert entry.no_entry_because == "a hold or a release changes the state of stock, not its value"


def test_less_than_half_a_penny_has_no_postings_and_says_so() -> None:
    """An entry without legs states its reason."""
    entry = Ledger("0.4").move(movement(1, K.RECEIVED, "1"))

    assert entry.postings == ()
    assert entry.no_entry_because == "it is worth less than half a penny"


@pytest.mark.parametrize("without", [None, "0"])
def test_without_a_cost_nothing_is_entered(without: str | None) -> None:
    """A movement without a cost is parked; an entry at zero cannot be made."""
    priceless: Product = product(without)
    with pytest.raises(BrokenInvariant, match="an entry without a cost"):
        entry_for(
            movement(),
            BOOK.chart.categories["goods_in"],
            product=priceless,
            pool=Pool(),
            source="",
            book=BOOK,
        )


def test_what_we_post_is_ours() -> None:
    """A category of the mode we_post has legs by us alone."""
    entry = Ledger("100").move(movement(1, K.ADJUSTED_DOWN), "revaluation")

    assert {leg.by for leg in entry.postings} == {"us"}
    assert stock_pence(entry.postings) == -100


@pytest.mark.parametrize(
    ("legs", "why"),
    [
        ((Posting("stock", 1, 0, "us"),), "out of balance by 1 pence"),
        ((Posting("stock", -1, 0, "us"), Posting("x", 1, 0, "us")), "a leg is negative"),
    ],
)
def test_an_unbalanced_entry_cannot_be_built(legs: tuple[Posting, ...], why: str) -> None:
    """Whoever builds it, and whatever for."""
    with pytest.raises(BrokenInvariant, match=why):
        Entry("e", None, "c", "memo", "S", None, "0", 0, None, legs, None, "", "", AT, "", "", "")


@pytest.mark.parametrize(
    ("at", "month"),
    [
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), "2026-07"),
        (datetime(2026, 6, 30, 22, 59, tzinfo=UTC), "2026-06"),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "2026-12"),
    ],
)
def test_the_book_s_month_is_local(at: datetime, month: str) -> None:
    """The first hour of a summer month is not the month before."""
    assert period_of(at, LONDON) == month


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns"])
def test_a_zone_may_be_quarters_of_an_hour_from_utc(zone: str) -> None:
    """Two instants of one hour of UTC may be of two months; `stock verify` says the same."""
    minutes = [datetime(2026, 6, 30, 0, 0, tzinfo=UTC) + timedelta(minutes=n) for n in range(2_880)]
    local = [f"{at.astimezone(ZoneInfo(zone)):%Y-%m}" for at in minutes]

    assert [period_of(at, ZoneInfo(zone)) for at in minutes] == local
    assert [period(at, ZoneInfo(zone)) for at in minutes] == local
