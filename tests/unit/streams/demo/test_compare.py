"""The comparison with the truth finds what is planted, and nothing else."""

from dataclasses import replace

import pytest

from ledger.holds import Place
from ledger.level import StockCard
from streams.demo.compare import compare
from streams.demo.figures import Figures, Lane
from streams.engine.mark import Mark
from streams.sandbox import Level, StockPlace, Truth
from streams.topics import KEEP_STOCK, TRANSLATE
from tables.cards import render_card

MUG = StockPlace("NPK", "LEEDS", "MUG")
TRUTH = Truth(
    levels={MUG: Level(6_000)},
    told={MUG: Level(6_000)},
    sent={},
    events={},
    fates={"deliveries": 0, "movement": 3},
    outcomes={"applied": 2, "repeated": 1},
    opening_rows=0,
    retail={},
    lost=(),
    conflicting=(),
    poison={},
)


def figures_of(on_hand_milli: int, available: str = "6", applied: int = 2) -> Figures:
    """Return figures that say so."""
    figures = Figures()
    card = StockCard("MUG", on_hand={Place("NPK", "LEEDS"): on_hand_milli})
    figures.cards["MUG"] = render_card(card)
    figures.availability["MUG"] = b'{"available": "%s"}' % available.encode()
    figures.marks[Lane(TRANSLATE, 0)] = Mark(counts={"movement": 3})
    figures.marks[Lane(KEEP_STOCK, 0)] = Mark(counts={"applied": applied, "repeated": 1})
    return figures


def test_what_is_true_agrees() -> None:
    """Levels, availability and fates as in the warehouse: nothing to say."""
    assert compare(figures_of(6_000), TRUTH).differences == ()


@pytest.mark.parametrize(
    ("figures", "named"),
    [
        (figures_of(6_001), "MUG of NPK at LEEDS: 6 on hand (0 held) is true, 6.001"),
        (figures_of(0), "MUG of NPK at LEEDS: 6 on hand (0 held) is true, 0 on hand"),
        (figures_of(6_000, available="5"), "available of MUG: 6 is true, 5 was found"),
        (figures_of(6_000, applied=3), "keep_stock counts applied: 2 is true, 3 was found"),
    ],
)
def test_a_planted_difference_is_named(figures: Figures, named: str) -> None:
    """Which SKU, where, what is true and what was found."""
    (difference,) = compare(figures, TRUTH).differences

    assert str(difference).startswith(named)


def test_a_level_nobody_told_of_is_a_difference() -> None:
    """A card that the warehouse knows nothing of is as wrong as one that is missing."""
    nothing = replace(TRUTH, levels={})

    found = [difference.what for difference in compare(figures_of(6_000), nothing).differences]

    assert found == ["MUG of NPK at LEEDS", "available of MUG"]


def test_an_answer_lost_by_accident_may_count_once_more() -> None:
    """Nobody knows whether the door had it: one more is no difference, two are."""
    unsure = replace(TRUTH, sent={"unsure": 1})

    assert compare(figures_of(6_000, applied=3), unsure).agrees
    assert not compare(figures_of(6_000, applied=4), unsure).agrees
