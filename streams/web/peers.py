"""Asking the other workers: one hop, bounded in time, with the token."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
from aiohttp import web
from yarl import URL

from streams.web.auth import bearing

ASKED_BY = "Stock-Asked-By"  # a question from a worker: answered or refused, never passed on
ANSWER_TIMEOUT_S = 3.0  # then the owner counts as silent, and its partitions as lacking
ANSWERS = frozenset({200, 404, 503})  # what our pages say to a worker; anything else is not one


@dataclass(frozen=True, slots=True)
class Answered:
    """Another worker's page."""

    status: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Silent:
    """No page; `reason` says why in words for a person."""

    reason: str


class Peers:
    """The client of the other workers' pages; open while the web server runs."""

    def __init__(self, worker: str, token: bytes | None) -> None:
        self._headers = {ASKED_BY: worker, **bearing(token)}
        self._client: aiohttp.ClientSession | None = None

    async def opened(self, _: web.Application) -> AsyncIterator[None]:
        """Hold the client open from the server's start to its end."""
        timeout = aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_S)
        async with aiohttp.ClientSession(headers=self._headers, timeout=timeout) as client:
            self._client = client
            yield

    async def ask(self, worker: str, path: str) -> Answered | Silent:
        """Ask another worker for a page of its own.

        The path is sent as it stands: its percent-encoding and its dots may be part of a SKU.
        """
        if self._client is None:
            return Silent("this worker's web is not open")
        url = URL(worker.rstrip("/") + path, encoded=True)
        try:
            async with self._client.get(url, allow_redirects=False) as response:
                return _read(response.status, await response.read())
        except TimeoutError:
            return Silent(f"no answer within {ANSWER_TIMEOUT_S:g} s")
        except aiohttp.ClientError as error:
            return Silent(f"no answer: {type(error).__name__}")


def _read(status: int, body: bytes) -> Answered | Silent:
    if status not in ANSWERS:
        return Silent(f"it answered {status}")
    try:
        facts = orjson.loads(body)
    except orjson.JSONDecodeError:
        facts = None
    return Answered(status, facts) if isinstance(facts, dict) else Silent("it is no worker of ours")
