"""Charts that `stock verify` and the worker must take, or set aside, alike."""

from typing import Any

import orjson
import pytest

from ledger.chart import DEFAULT_CHART, chart_fields
from ledger.holds import Place
from streams.topics import MOVEMENTS, STOCK_CHANGELOG
from tests.support.charts import NO_CHARTS
from tests.support.played import Played, body


def told(fields: Any) -> Played:
    """Return a log in which a control announces a chart, and movements follow."""
    played = Played(1)
    played.open("", Place("NPK", "LEEDS"))
    played.cost("MUG", 1, 5_500_000)
    played.run()
    control = orjson.dumps({"control": "chart", "chart": fields})
    played.append(MOVEMENTS.name, 0, (None, control, []))
    played.deliver("stock.received", body(1))
    played.deliver("stock.negatively_adjusted", body(2, description="damaged"))
    played.deliver("stock.negatively_adjusted", body(3, reason_code="WET"))
    played.run()
    return played


@pytest.mark.parametrize("name", NO_CHARTS)
def test_a_chart_that_could_not_be_used_is_set_aside(name: str) -> None:
    """By both: the chart before it still counts, and every entry is proven by that."""
    played = told(NO_CHARTS[name])

    assert played.mark().fields["counts"]["quarantined"] == 1
    assert played.mark().fields["state"]["rules"] == DEFAULT_CHART.rules
    assert [str(finding) for finding in played.verdict().findings] == []


def test_a_kept_chart_that_is_none_is_found() -> None:
    """The changelog holds nothing that the worker would not write."""
    played = told(chart_fields(DEFAULT_CHART))
    kept = played.sent(STOCK_CHANGELOG.name, lambda r: r.key.startswith(b"\x00chart:"))
    played.copy(kept, categories=[{}])

    assert any("is no chart" in finding.what for finding in played.verdict().findings)
