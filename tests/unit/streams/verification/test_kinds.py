"""The verification knows every kind there is, by its own tables."""

import pytest

from ledger.chart import DEFAULT_CHART, Category, chart_fields
from ledger.movement import HOLDS, INWARD, MovementKind
from streams.verification.charts import Basis, Rules
from streams.verification.facts import HOLDING, IN, OUT
from tests.support.movements import movement

RULES = Rules(chart_fields(DEFAULT_CHART))


@pytest.mark.parametrize("kind", MovementKind)
def test_a_kind_has_one_category(kind: MovementKind) -> None:
    """The worker's table and the verification's were written apart, and say the same."""
    category = DEFAULT_CHART.categorise(movement(kind=kind))
    assert isinstance(category, Category)

    assert category.name == RULES.category(Basis(kind.value, "", "", is_foreign=False))


def test_a_kind_goes_one_way() -> None:
    """In, out, or neither; none is left out."""
    assert {kind.value for kind in INWARD} == IN
    assert {kind.value for kind in HOLDS} == HOLDING
    assert {kind.value for kind in set(MovementKind) - INWARD - HOLDS} == OUT
