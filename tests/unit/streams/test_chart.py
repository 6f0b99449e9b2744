"""The chart that the settings ask for."""

from typing import Any

import pytest

from streams.chart import chart_of
from streams.engine.errors import RefusesToRun
from streams.settings import Settings

ROW = {"name": "damage", "mode": "reclass", "account": "damage"}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"category": [ROW | {"account": "stock"}]}, "'damage' is booked against 'stock'"),
        ({"reason": [{"text": "BRK", "category": "nothing"}]}, "no category 'nothing'"),
        ({"clarus": {"no_record": {"nothing": "flag"}}}, "names no category of the chart: nothing"),
    ],
)
def test_a_chart_that_does_not_fit_is_refused_in_one_line(said: dict[str, Any], why: str) -> None:
    """Before anything is read: it names the row."""
    with pytest.raises(RefusesToRun, match=why) as refused:
        chart_of(Settings.model_validate(said))

    assert "\n" not in str(refused.value)


def test_a_row_of_the_settings_stands_over_the_shipped_one() -> None:
    """An account of the tenant's own is taken."""
    chart = chart_of(Settings.model_validate({"category": [ROW | {"account": "shrinkage"}]}))

    assert chart.categories["damage"].account == "shrinkage"
