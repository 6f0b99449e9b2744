"""The chart a tenant starts with: the shipped one, with the rows of the settings over it."""

from ledger.chart import Category, Chart, Phrase, PostingMode, Reason, chart_with
from streams.engine.errors import RefusesToRun
from streams.settings import Settings


def chart_of(settings: Settings) -> Chart:
    """Return the settings' chart; `RefusesToRun` names a row that does not fit."""
    try:
        chart = chart_with(
            [
                Category(row.name, PostingMode(row.mode), row.account, row.owner)
                for row in settings.category
            ],
            [Reason(row.text, row.category, row.direction) for row in settings.reason],
            [Phrase(row.text, row.category, row.direction) for row in settings.phrase],
        )
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
