"""The chart a tenant starts with: the shipped one, with the rows of the settings over it."""

from functools import lru_cache

from ledger.chart import Category, Chart, Phrase, PostingMode, Reason, chart_with
from streams.engine.errors import RefusesToRun
from streams.settings import CategoryRow, RuleRow, Settings


def chart_of(settings: Settings) -> Chart:
    """Return the settings' chart; `RefusesToRun` names a row that does not fit."""
    try:
        chart = _chart(settings.category, settings.reason, settings.phrase)
    except ValueError as error:
        raise RefusesToRun(
            f"the chart in stock.toml does not fit ({error}): mend its [[category]], [[reason]] "
            "and [[phrase]] tables"
        ) from None
    unknown = settings.clarus.no_record.keys() - chart.categories.keys()
    if unknown:
        raise RefusesToRun(
            f"[clarus.no_record] names no category of the chart: {', '.join(sorted(unknown))}"
        )
    return chart


@lru_cache(maxsize=1)  # every lane of a process asks for the same one
def _chart(
    categories: tuple[CategoryRow, ...], reasons: tuple[RuleRow, ...], phrases: tuple[RuleRow, ...]
) -> Chart:
    return chart_with(
        [Category(row.name, PostingMode(row.mode), row.account, row.owner) for row in categories],
        [Reason(row.text, row.category, row.direction) for row in reasons],
        [Phrase(row.text, row.category, row.direction) for row in phrases],
    )
