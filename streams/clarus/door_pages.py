"""The door's own pages: is it alive, is it ready, and its figures."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import orjson
from aiohttp import web
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from streams.address import is_loopback, split_bind
from streams.clarus.deliveries import Deliveries
from streams.clarus.refusals import SERVER, STRANGER, Refused, answer
from streams.settings import Settings
from streams.web.auth import bears, names_this_machine, token_of

SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)

Page = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Measured:
    """One request on its way; `answer` is its status."""

    answer: int = 500


class DoorMetrics:
    """The figures of one door."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._answers = Counter(
            "stock_door_deliveries",
            "Requests that were answered, by status; 202: Kafka has acknowledged it.",
            ("answer",),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "stock_door_delivery_seconds",
            "From a request's head to its answer.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self._in_flight = Gauge(
            "stock_door_in_flight_deliveries",
            "Requests being read, or waiting for Kafka.",
            registry=self.registry,
        )

    @contextmanager
    def delivery(self) -> Iterator[Measured]:
        """Measure one request."""
        measured = Measured()
        with self._in_flight.track_inprogress(), self._seconds.time():
            try:
                yield measured
            except Refused as refused:
                measured.answer = refused.refusal.status
                raise
            finally:
                self._answers.labels(str(measured.answer)).inc()


class DoorPages:
    """Handlers of `/livez`, `/readyz` and `/metrics`."""

    def __init__(self, settings: Settings, deliveries: Deliveries) -> None:
        self.metrics = DoorMetrics()
        self._deliveries = deliveries
        self._token = token_of(settings)
        self._is_on_loopback = is_loopback(split_bind(settings.door_bind)[0])
        self._pages: dict[str, Page] = {
            "/livez": self._livez,
            "/readyz": self._readyz,
            "/metrics": self._figures,
        }

    def page(self, path: str) -> Page | None:
        """Return the page at a path, if there is one."""
        return self._pages.get(path)

    async def _livez(self, _: web.BaseRequest) -> web.StreamResponse:
        return answer(200, orjson.dumps({"alive": True}) + b"\n")

    async def _readyz(self, _: web.BaseRequest) -> web.StreamResponse:
        reason = await self._deliveries.away_because()
        if reason is not None:
            return answer(503, orjson.dumps({"ready": False, "reason": reason}) + b"\n")
        return answer(200, orjson.dumps({"ready": True}) + b"\n")

    async def _figures(self, request: web.BaseRequest) -> web.StreamResponse:
        """Show the figures to this machine, or to whoever bears STOCK_WEB_TOKEN."""
        allowed = (
            bears(request, self._token)
            if self._token is not None
            else self._is_on_loopback and names_this_machine(request.host)
        )
        if not allowed:
            raise Refused(STRANGER)
        return web.Response(
            body=generate_latest(self.metrics.registry),
            headers={"Content-Type": CONTENT_TYPE_LATEST, "Server": SERVER},
        )
