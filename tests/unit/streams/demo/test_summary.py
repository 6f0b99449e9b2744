"""The summary adds up, or says that it does not; every class of exception has its words."""

from dataclasses import replace
from datetime import date
from io import StringIO

import pytest
from rich.console import Console

from ledger.exceptions import ExceptionClass
from streams.demo.compare import Comparison, Difference
from streams.demo.figures import Figures, Lane
from streams.demo.pages import print_summary
from streams.demo.summary import Course, Summary, Verified, facts_of, summarise
from streams.engine.mark import Mark
from streams.topics import KEEP_STOCK, TRANSLATE
from tests.unit.streams.demo.test_compare import TRUTH

AGREES = Verified(agrees=True, facts={}, why="")
SAME = Comparison(fates=2, levels=1, skus=1, differences=())
RETAIL = {"lines": 10, "orders": 4, "adjustments": 3, "adjustments_readable": 1}


def figures_of(*, movements: int = 3, items: int = 5) -> Figures:
    figures = Figures()
    figures.movements["dispatched"] = movements
    figures.marks[Lane(TRANSLATE, 0)] = Mark(
        counts={"deliveries": 5, "items": items, "movement": 3, "without_effect": 2}
    )
    figures.marks[Lane(KEEP_STOCK, 0)] = Mark(counts={"applied": 2, "repeated": 1})
    return figures


def summary_of(
    figures: Figures, comparison: Comparison = SAME, verified: Verified = AGREES
) -> Summary:
    course = Course(date(2011, 10, 25), date(2011, 10, 25), [], 2.0, {})
    return summarise(figures, replace(TRUTH, retail=RETAIL), course, comparison, verified)


def test_fates_that_add_up_agree() -> None:
    """Five items, five fates; three movements, three outcomes."""
    summary = summary_of(figures_of())

    assert summary.agrees
    assert facts_of(summary)["items"]["adds_up"]


@pytest.mark.parametrize("figures", [figures_of(movements=4), figures_of(items=6)])
def test_a_fate_too_few_does_not_agree(figures: Figures) -> None:
    """Something was lost on the way, whatever the proofs say."""
    assert not summary_of(figures).agrees


@pytest.mark.parametrize(
    ("comparison", "verified"),
    [
        (replace(SAME, differences=(Difference("MUG", "6", "5"),)), AGREES),
        (SAME, Verified(agrees=False, facts={}, why="stock.journal.v1/2/17: ...")),
    ],
)
def test_either_proof_decides(comparison: Comparison, verified: Verified) -> None:
    """Exit 0 only if both agree."""
    assert not summary_of(figures_of(), comparison, verified).agrees


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Two tables side by side where there is room, else one under the other."""
    figures = figures_of()
    figures.quarantined["a reason that goes on for longer than a narrow terminal is wide"] = 1
    for of in ExceptionClass:
        figures._exceptions[of.value.encode()] = of.value
    console = Console(width=width, record=True, file=StringIO())

    print_summary(summary_of(figures), console)

    assert max(map(len, console.export_text().splitlines())) <= width


def test_a_difference_is_shown() -> None:
    """What is wrong stands on the page, not only that something is."""
    wrong = replace(SAME, differences=(Difference("MUG of NPK at LEEDS", "6", "5"),))
    console = Console(width=100, record=True, file=StringIO())

    print_summary(summary_of(figures_of(), wrong), console)

    assert "MUG of NPK at LEEDS: 6 is true, 5 was found" in console.export_text()


def test_a_reason_with_brackets_is_shown_as_it_is() -> None:
    """It may hold what staff typed."""
    figures = figures_of()
    figures.quarantined["quantity: '[/PO 4411] :key:'"] = 1
    console = Console(width=200, record=True, file=StringIO())

    print_summary(summary_of(figures), console)

    assert "quantity: '[/PO 4411] :key:'" in console.export_text()
