"""The chart a tenant starts with: the shipped one, with the rows of the settings over it."""

from ledger.chart import Category, Chart, Phrase, PostingMode, Reason, chart_with
from streams.settings import Settings


def chart_of(settings: Settings) -> Chart:
    """Return the settings' chart; `ValueError` names a row that does not fit."""
    return chart_with(
        [
            Category(row.name, PostingMode(row.mode), row.account, row.owner)
            for row in settings.category
        ],
        [Reason(row.text, row.category, row.direction) for row in settings.reason],
        [Phrase(row.text, row.category, row.direction) for row in settings.phrase],
    )
