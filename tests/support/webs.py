"""Workers' web pages on loopback ports, over holdings that a test says as it likes."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge

from streams.partitions import partition_of
from streams.web.pages import attach

ANSWERED_WITHIN_S = 10.0
PARTITIONS = 4

Values = Mapping[bytes, bytes]


@dataclass
class Stand:
    """One worker's holdings, and whom it takes for the owners."""

    worker: str
    partitions: int = PARTITIONS
    reason: str | None = None
    held: dict[int, dict[bytes, bytes]] = field(default_factory=dict[int, dict[bytes, bytes]])
    believed: dict[int, str] = field(default_factory=dict[int, str])

    def not_ready_because(self) -> str | None:
        return self.reason

    def here(self) -> Mapping[int, Values]:
        return self.held

    def owners(self) -> Mapping[int, str]:
        return self.believed


@dataclass(frozen=True)
class Page:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def facts(self) -> dict[str, Any]:
        return orjson.loads(self.text)


class Group:
    """Workers of one group, each with pages of its own."""

    def __init__(self, stands: list[Stand]) -> None:
        self.stands = stands

    async def get(self, path: str, worker: int = 0, **headers: str) -> Page:
        """Ask a worker for a path exactly as it stands; header names have _ for -."""
        return await get(self.stands[worker].worker, path, headers)


def card(sku: str, **fields: Any) -> bytes:
    return orjson.dumps({"sku": sku, "version": 1, "levels": [], "holds": None, **fields})


@asynccontextmanager
async def group(
    skus: Iterable[str] = (), workers: int = 1, token: bytes | None = None
) -> AsyncIterator[Group]:
    """Run workers that share out the partitions evenly and have a card for each SKU."""
    async with AsyncExitStack() as stack:
        listeners = [stack.enter_context(_listener()) for _ in range(workers)]
        urls = [f"http://127.0.0.1:{each.getsockname()[1]}" for each in listeners]
        stands = [Stand(url) for url in urls]
        for partition in range(PARTITIONS):
            stands[partition % workers].held[partition] = {}
            for stand in stands:
                stand.believed[partition] = urls[partition % workers]
        for sku in skus:
            partition = partition_of(sku.encode(), PARTITIONS)
            stands[partition % workers].held[partition][sku.encode()] = card(sku)
        for stand, listener in zip(stands, listeners, strict=True):
            await stack.enter_async_context(_pages(stand, listener, token))
        yield Group(stands)


async def get(url: str, path: str, headers: Mapping[str, str]) -> Page:
    """Send the path byte for byte: clients tidy `..` and `%2E` away before they send."""
    host = url.removeprefix("http://")
    given = {"Host": host, "Connection": "close"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    name, _, port = host.partition(":")
    async with asyncio.timeout(ANSWERED_WITHIN_S):
        reader, writer = await asyncio.open_connection(name, int(port))
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        said = (await reader.read()).decode()
        writer.close()
        await writer.wait_closed()
    head, _, text = said.partition("\r\n\r\n")
    status, *fields = head.split("\r\n")
    return Page(int(status.split()[1]), dict(f.split(": ", 1) for f in fields), text)


@asynccontextmanager
async def _pages(stand: Stand, listener: socket.socket, token: bytes | None) -> AsyncIterator[None]:
    app = web.Application()
    registry = CollectorRegistry()
    Gauge("stock_cards", "Cards.", registry=registry)
    attach(app, stand, registry, token)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()


def _listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))
