"""What one worker knows of the stock table: its own part, and who has the rest."""

from collections.abc import Mapping
from typing import Protocol

from streams.engine.host import EngineApp
from streams.topics import STOCK_CHANGELOG
from streams.web.cards import Values


class Holdings(Protocol):
    """The pages' only view of the engine."""

    partitions: int
    worker: str  # the URL other workers know this one by

    def not_ready_because(self) -> str | None:
        """Return why figures may not be shown now; None when they may."""
        ...

    def here(self) -> Mapping[int, Values]:
        """Return the committed cards of every partition this worker owns, by SKU."""
        ...

    def owners(self) -> Mapping[int, str]:
        """Return the URL of the worker that owns each partition, as the group last agreed."""
        ...


class EngineHoldings:
    """The stock table of a running worker, found by its changelog."""

    def __init__(self, app: EngineApp, partitions: int) -> None:
        self._app = app
        self.partitions = partitions
        self.worker = str(app.conf.canonical_url)

    def not_ready_because(self) -> str | None:
        """Return why this worker is not ready, in one sentence."""
        app = self._app
        if app.should_stop:
            return "the worker is stopping"
        if app.rebalancing:
            return "partitions are moving between workers"
        if not app.lanes.ready:
            return "partitions are not assigned yet, or their changelog is still being read"
        if app.watch.is_cut_off:
            return "Kafka has not answered for longer than a session: cards may be old"
        return None if app.is_ready else "the tables are not recovered yet"

    def here(self) -> Mapping[int, Values]:
        """Return committed cards by partition."""
        return {
            lane.partition: lane.fold.committed_values()
            for lane in self._app.lanes.lanes()
            if lane.changelog_topic == STOCK_CHANGELOG.name
        }

    def owners(self) -> Mapping[int, str]:
        """Return owners from the group's metadata, which travels with every assignment."""
        return {
            partition: url
            for url, by_topic in self._app.assignor.tables_metadata().items()
            for partition in by_topic.get(STOCK_CHANGELOG.name, ())
        }
