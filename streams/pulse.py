"""How door and workers are, asked of their own pages."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families
from yarl import URL

from streams.roles import Roles
from streams.settings import Settings
from streams.web.auth import bearing, required_token

ANSWER_MAX_S = 2.0  # a page that is silent for so long counts as not ready


@dataclass(frozen=True, slots=True)
class Pulse:
    """How they are at one moment."""

    door_is_ready: bool
    workers_ready: int
    partitions: frozenset[int]  # that the workers own together
    # None: a page that says it was not to be read, as the door's beyond loopback without a token.
    deliveries: int | None  # taken in by the door since it started
    lag_records: int | None  # of all lanes: written and not yet taken


class Asking:
    """A client of the pages of one machine's roles."""

    def __init__(self, client: aiohttp.ClientSession, settings: Settings, roles: Roles) -> None:
        self._client = client
        self._door = URL(f"http://{settings.door_bind}")
        self._workers = [URL(url) for url in roles.web_urls]

    async def pulse(self) -> Pulse:
        """Ask all at once; who does not answer is not ready."""
        door_is_ready, door_figures = await asyncio.gather(
            self._ready(self._door), self._figures(self._door)
        )
        ready = await asyncio.gather(*(self._ready(worker) for worker in self._workers))
        figures = await asyncio.gather(*(self._figures(worker) for worker in self._workers))
        owned = [facts["partitions"] for facts in ready if facts]
        return Pulse(
            door_is_ready=door_is_ready is not None,
            workers_ready=len(owned),
            partitions=frozenset(partition for partitions in owned for partition in partitions),
            deliveries=_total([door_figures], "stock_door_deliveries_total", answer="202"),
            lag_records=_total(figures, "stock_lag_records"),
        )

    async def _ready(self, of: URL) -> dict[str, Any] | None:
        try:
            async with self._client.get(of / "readyz") as answer:
                return await answer.json() if answer.status == HTTPStatus.OK else None
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def _figures(self, of: URL) -> str | None:
        try:
            async with self._client.get(of / "metrics") as answer:
                return await answer.text() if answer.status == HTTPStatus.OK else None
        except (aiohttp.ClientError, TimeoutError):
            return None


def client(settings: Settings) -> aiohttp.ClientSession:
    """Return a client that bears the token of the pages, where they need one."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_MAX_S)
    return aiohttp.ClientSession(headers=bearing(required_token(settings)), timeout=timeout)


def _total(pages: Iterable[str | None], sample: str, **labels: str) -> int | None:
    """Return what the pages say together; None where one of them was not to be read."""
    total = 0.0
    for text in pages:
        if text is None:
            return None
        total += sum(
            value
            for name, has, value in _samples(text)
            if name == sample and labels.items() <= has.items()
        )
    return round(total)


def _samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, sample.labels, sample.value
