"""Figures: medians, spreads, and the table for a README."""

from streams.bench.benches import BARE, KEEP_STOCK, NAIVE, RATE, ratios
from streams.bench.figures import Figure, figures_of, markdown, shown


def test_a_figure_is_its_median_with_its_spread() -> None:
    """One slow run does not make the figure, and is not hidden."""
    (figure,) = figures_of("keep_stock", [{RATE: 30_000.0}, {RATE: 10_000.0}, {RATE: 31_000.0}])

    assert figure.median == 30_000
    assert figure.spread == (10_000, 31_000)
    assert figure.facts()["runs"] == [30_000, 10_000, 31_000]


def test_a_measure_that_a_run_lacks_is_no_figure() -> None:
    """A median is of all runs, or it is none."""
    figures = figures_of("keep_stock", [{RATE: 30_000.0, "cpu_s": 1.0}, {RATE: 10_000.0}])

    assert [figure.measure for figure in figures] == [RATE]


def test_the_table_says_what_it_was_measured_on() -> None:
    """A figure without its machine is no figure."""
    measured = [
        Figure("door", "per_s", (2_000.0,)),
        Figure("door", "p50_ms", (4.0, 5.0, 6.5)),
    ]
    table = markdown(measured, "a machine, at rest")

    assert table.splitlines() == [
        "a machine, at rest",
        "",
        "| bench | median (least - largest) | command |",
        "|---|---|---|",
        "| door | per s **2,000**; p50 ms **5.00** (4.00 - 6.50) | `stock bench --only door` |",
    ]


def test_numbers_are_shown_as_finely_as_they_are_worth() -> None:
    """Thousands whole, tens with one place, less with two."""
    assert [shown(number) for number in (41_234.5, 46.26, 1.234)] == ["41,234", "46.3", "1.23"]


def test_the_worker_is_compared_where_both_were_measured() -> None:
    """So many times the naive agent, such a share of the bare loop."""
    rates = [Figure(name, RATE, (rate,)) for name, rate in ((KEEP_STOCK, 40.0), (NAIVE, 2.0))]
    with_bare = [*rates, Figure(BARE, RATE, (50.0,))]

    assert [figure.median for figure in ratios(rates)] == [20.0]
    assert [figure.median for figure in ratios(with_bare)] == [20.0, 0.8]
    assert ratios(rates[1:]) == []
