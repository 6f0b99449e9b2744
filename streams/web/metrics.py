"""Metrics: names with units, no SKU in a label, one registry a process.

Gauges and counts are read from the lanes when Prometheus asks; only durations are kept.
"""

from collections import Counter
from collections.abc import Iterator

from aiohttp import web
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)

from streams.engine.host import EngineApp
from streams.engine.observer import Observer
from streams.web.holdings import Holdings

CUT_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
# Counts of a mark that say how many there are now, and so may fall.
STANDING = frozenset({"waiting", "parked"})
CUT_RECORDS = (1, 10, 100, 1_000, 5_000, 10_000, 20_000, 50_000)


def engine_registry(app: EngineApp, holdings: Holdings) -> CollectorRegistry:
    """Return the registry of a worker, and begin to listen to its lanes."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    registry.register(EngineCollector(app, holdings))
    app.lanes.observer = _durations(registry)
    return registry


class EngineCollector:
    """What the lanes say of themselves at the moment of a scrape."""

    def __init__(self, app: EngineApp, holdings: Holdings) -> None:
        self._app = app
        self._holdings = holdings

    def collect(self) -> Iterator[Metric]:
        """Return the gauges and counters of the lanes owned now."""
        yield self._lag()
        yield from self._fates()
        yield self._cards()
        yield self._ready()

    def _lag(self) -> Metric:
        lag = GaugeMetricFamily(
            "stock_lag_records",
            "Records not yet taken: last stable offset less position.",
            labels=("agent", "partition", "topic"),
        )
        for lane in self._app.lanes.lanes():
            for topic, records in self._app.watch.lag(lane).items():
                lag.add_metric((lane.agent, str(lane.partition), topic), records)
        return lag

    def _fates(self) -> tuple[Metric, Metric]:
        # By partition: the counts live in the lanes' marks and move with them, so that a series
        # ends here and goes on elsewhere instead of falling, which would count as a reset.
        labels = ("agent", "partition", "fate")
        fates = CounterMetricFamily(
            "stock_fates",
            "What became of the records of a lane, since its first record, as committed.",
            labels=labels,
        )
        standing = GaugeMetricFamily(
            "stock_standing_movements",
            "Movements that wait for an opening, or whose entry waits for a cost or a mapping.",
            labels=labels,
        )
        for lane in self._app.lanes.lanes():
            for fate, number in lane.counts.items():
                family = standing if fate in STANDING else fates
                family.add_metric((lane.agent, str(lane.partition), fate), number)
        return fates, standing

    def _cards(self) -> Metric:
        numbers = GaugeMetricFamily(
            "stock_cards", "Stock cards committed and kept here.", labels=("partition",)
        )
        for partition, values in self._holdings.here().items():
            numbers.add_metric((str(partition),), len(values))
        return numbers

    def _ready(self) -> Metric:
        ready = GaugeMetricFamily(
            "stock_lanes_ready", "Lanes that take records here.", labels=("agent",)
        )
        owned = Counter(lane.agent for lane in self._app.lanes.lanes())
        for agent in self._app.lanes.agents:
            ready.add_metric((agent.name,), owned[agent.name] if self._app.lanes.ready else 0)
        return ready


class MetricsPage:
    """Handler of `/metrics`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    async def metrics(self, _: web.Request) -> web.Response:
        """Show the registry in Prometheus's text form."""
        body = generate_latest(self._registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _durations(registry: CollectorRegistry) -> Observer:
    seconds = Histogram(
        "stock_cut_seconds",
        "From a cut to Kafka's commit of its transaction.",
        ("agent",),
        buckets=CUT_SECONDS,
        registry=registry,
    )
    records = Histogram(
        "stock_cut_records",
        "Source records that one transaction answers for.",
        ("agent",),
        buckets=CUT_RECORDS,
        registry=registry,
    )
    recovery = Gauge(
        "stock_recovery_seconds",
        "Fencing and reading back all lanes at the last assignment.",
        registry=registry,
    )

    def cut(agent: str, took_s: float, record_count: int) -> None:
        seconds.labels(agent).observe(took_s)
        records.labels(agent).observe(record_count)

    return Observer(cut=cut, recovered=recovery.set)
