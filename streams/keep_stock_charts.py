"""Which chart counts in one partition, and with which its lane began."""

from collections.abc import Mapping
from typing import Any

from ledger.chart import Chart
from streams.engine.fold import SourceRecord
from streams.headers import source_of, time_of
from streams.keep_stock_entries import Entries
from streams.log import log
from tables.stock import StockBook


class Charts:
    """Invariant: the chart of the entries is the last one applied; the settings' before any."""

    def __init__(self, partition: int, cards: StockBook, entries: Entries) -> None:
        self._partition = partition
        self._cards = cards
        self._entries = entries
        self._first: str | None = None  # the chart the lane began with, where that is known

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on with the chart in force; the settings' chart is only where a lane begins."""
        in_force, wanted = state.get("rules"), self._entries.book.chart
        self._entries.use(wanted if in_force is None else self._cards.chart(in_force))
        # A mark of before does not say with which chart its lane began.
        self._first = state.get("first_rules", wanted.rules if in_force is None else None)
        if in_force not in {None, wanted.rules}:
            log.warning(
                "chart.differs",
                partition=self._partition,
                in_force=in_force,
                settings=wanted.rules,
                fix="run `stock chart apply` to let the settings' chart count",
            )

    def state(self) -> dict[str, Any]:
        """Return what `restore` needs."""
        return {"rules": self._entries.book.chart.rules, "first_rules": self._first}

    def apply(self, chart: Chart, record: SourceRecord) -> None:
        """Let a chart count from here on, and enter what waited for it."""
        self._entries.use(chart)
        for sku in self._cards.parked_skus():
            self._entries.enter_parked(
                self._cards.card(sku), time_of(record.timestamp), source_of(record)
            )
