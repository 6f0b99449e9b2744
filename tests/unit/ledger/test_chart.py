"""The chart: from a kind, a code and a note to one category."""

from typing import Any

import pytest

from ledger.chart import (
    DEFAULT_CHART,
    Category,
    Phrase,
    PostingMode,
    Reason,
    UnmappedReason,
    chart_fields,
    chart_from_fields,
    chart_with,
)
from ledger.movement import MovementKind
from tests.support.movements import movement

K = MovementKind
# The rows of the default chart that a warehouse's own words and events lead to.
DEFAULTS = {
    "damage",
    "breakage",
    "expired",
    "obsolete",
    "faulty",
    "refurbish",
    "sample",
    "count",
    "theft",
    "goods_in",
    "despatch",
    "return",
    "return_scrapped",
    "transfer",
    "hold",
    "conversion",
    "misidentified",
    "revaluation",
    "unexplained",
}


def category_of(kind: K, **said: Any) -> str:
    category = DEFAULT_CHART.categorise(movement(kind=kind, **said))
    assert isinstance(category, Category)
    return category.name


def test_the_default_chart_has_every_row_an_accountant_expects() -> None:
    """None of the categories of the trade is missing."""
    assert set(DEFAULT_CHART.categories) >= DEFAULTS


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        (K.OPENING, "opening"),
        (K.RECEIVED, "goods_in"),
        (K.UNRECEIVED, "goods_in"),
        (K.RETURNED, "return"),
        (K.UNRETURNED, "return"),
        (K.DISPATCHED, "despatch"),
        (K.UNDISPATCHED, "despatch"),
        (K.HELD, "hold"),
        (K.RELEASED, "hold"),
        (K.ACCOUNT_IN, "account_transfer"),
        (K.TRANSFER_OUT, "transfer"),
        (K.CONVERSION_IN, "conversion"),
    ],
)
def test_an_event_has_its_category(kind: K, category: str) -> None:
    """Whatever reason stands beside it, an event's kind decides."""
    assert category_of(kind, reason="QC", note="damaged") == category


def test_goods_that_change_owner_out_of_the_company_go_to_finance() -> None:
    """An account transfer with a foreign leg is a category of finance's own."""
    assert category_of(K.ACCOUNT_OUT, counterpart="SOMEBODY") == "ownership_change"


@pytest.mark.parametrize(
    ("note", "down", "up"),
    [
        ("Damaged", "damage", "damage"),
        ("dagamed", "damage", "damage"),
        ("wet pallet", "damage", "damage"),
        ("FOUND in aisle 3", "unexplained", "found"),
        ("???missing", "theft", "unexplained"),
        ("thrown away", "damage", "damage"),
        ("Dropped, broken", "breakage", "breakage"),
        ("sold as set on dotcom", "unexplained", "unexplained"),
        ("count -3", "count", "count"),
        ("counted on account of a visit", "count", "count"),
        ("Booked to the wrong account", "unexplained", "unexplained"),
        ("country label", "unexplained", "unexplained"),
        ("fell off the breakfast stall", "unexplained", "unexplained"),
        ("", "unexplained", "unexplained"),
    ],
)
def test_what_staff_type(note: str, down: str, up: str) -> None:
    """Phrases match inside the text, in either case, some in one direction; else unexplained."""
    assert category_of(K.ADJUSTED_DOWN, note=note) == down
    assert category_of(K.ADJUSTED_UP, note=note) == up


def test_a_code_is_the_tenant_s_alone() -> None:
    """A code nobody mapped is no guess, whatever the note says."""
    told = movement(kind=K.ADJUSTED_DOWN, reason="BRK", note="broken")
    chart = chart_with((), (Reason("brk", "breakage", "out"),), ())

    assert DEFAULT_CHART.categorise(told) == UnmappedReason("BRK")
    assert chart.categorise(told) == chart.categories["breakage"]
    inward = movement(kind=K.ADJUSTED_UP, reason="BRK")
    assert chart.categorise(inward) == UnmappedReason("BRK")


def test_a_tenant_s_rows_stand_over_the_shipped_ones() -> None:
    """Categories are replaced by name, phrases are tried first."""
    own = Category("pilferage", PostingMode.RECLASS, "shrinkage")
    chart = chart_with((own,), (), (Phrase("damaged by customer", "pilferage"),))
    told = movement(kind=K.ADJUSTED_DOWN, note="Damaged by customer")

    assert chart.categorise(told) == own
    assert chart.categories["damage"] == DEFAULT_CHART.categories["damage"]


def test_rules_that_contradict_are_refused() -> None:
    """A rule to no category, or a code to two, names itself."""
    with pytest.raises(ValueError, match="there is no category 'nothing'"):
        chart_with((), (Reason("A", "nothing"),), ())
    with pytest.raises(ValueError, match="'a' has two categories"):
        chart_with((), (Reason("A", "damage"), Reason("a", "theft", "out")), ())
    assert chart_with((), (Reason("A", "damage", "in"), Reason("a", "theft", "out")), ())


@pytest.mark.parametrize("account", ["stock", "stock_adjusted", "rounding"])
@pytest.mark.parametrize("mode", PostingMode)
def test_no_category_is_booked_against_an_account_of_every_entry(
    account: str, mode: PostingMode
) -> None:
    """Its entries would move nothing, and the stock account would not be what the pool is worth."""
    with pytest.raises(ValueError, match=f"category 'damage' is booked against '{account}'"):
        chart_with((Category("damage", mode, account),), (), ())


def test_a_chart_reads_back_under_the_same_id() -> None:
    """The id that entries cite names the content, and changes with it."""
    again = chart_from_fields(chart_fields(DEFAULT_CHART))
    other = chart_with((), (Reason("A", "damage"),), ())

    assert again == DEFAULT_CHART
    assert again.rules == DEFAULT_CHART.rules
    assert other.rules != DEFAULT_CHART.rules
