"""Narratives: every kind and every category of an adjustment has its words."""

import pytest

from ledger.chart import DEFAULT_CHART
from ledger.movement import MovementKind
from ledger.narrative import narrative
from tests.support.movements import movement

K = MovementKind


def told(kind: K, category: str, note: str | None = None) -> str:
    return narrative(movement(1, kind, "2.5", note=note), DEFAULT_CHART.categories[category])


@pytest.mark.parametrize("kind", K)
def test_every_kind_has_words(kind: K) -> None:
    """No kind leaves the sentence without a verb."""
    assert told(kind, "internal_use").startswith("2.5 x MUG-BLUE-350 ")
    assert told(kind, "internal_use").endswith((" at LEEDS", " as internal_use at LEEDS"))


def test_an_adjustment_says_what_was_wrong() -> None:
    """In words a warehouse uses; a category without such words is named."""
    assert told(K.ADJUSTED_DOWN, "breakage") == "2.5 x MUG-BLUE-350 broken at LEEDS"
    assert told(K.ADJUSTED_UP, "breakage") == "2.5 x MUG-BLUE-350 adjusted up as breakage at LEEDS"
    assert told(K.ADJUSTED_UP, "found", "aisle 3").endswith("found at LEEDS: aisle 3")
    assert told(K.RECEIVED, "goods_in") == "2.5 x MUG-BLUE-350 received at LEEDS"
