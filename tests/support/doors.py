"""A door on a loopback port, with deliveries that go nowhere, and a sender that is no client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from streams.clarus.deliveries import Deliveries, Delivery, Kept, NotKept
from streams.clarus.doorway import opened
from streams.settings import Settings
from tests.support.kafka import eventually

SECRET = "canary-7Qx2vLm9Rk4Tz8Wb3Yc6Nd1Pf5"  # noqa: S105 (of the tests)
EVENT_PATH = f"/clarus/{SECRET}/stock/received"
ANSWERED_WITHIN_S = 10.0


@dataclass
class Shelf:
    """Deliveries kept in a list; told to, it refuses, or keeps nobody's acknowledgement coming."""

    refuses: NotKept | None = None
    holds_back: asyncio.Event | None = None  # acknowledged only once this is set
    away: str | None = None
    kept: list[Delivery] = field(default_factory=list[Delivery])
    asked: int = 0

    async def keep(self, delivery: Delivery) -> Kept | NotKept:
        self.asked += 1
        if self.holds_back is not None:
            await self.holds_back.wait()
        if self.refuses is not None:
            return self.refuses
        self.kept.append(delivery)
        return Kept(f"clarus.deliveries.v1/0/{len(self.kept) - 1}")

    async def away_because(self) -> str | None:
        return self.away


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]


class OpenDoor:
    """An open door and its client."""

    def __init__(self, port: int, client: aiohttp.ClientSession) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._client = client

    async def post(
        self,
        body: Any = b'{"id": 1, "product": {"code": "MUG"}}',
        path: str = EVENT_PATH,
        method: str = "POST",
        **headers: str,
    ) -> Answer:
        """Send one request; header names have _ for -."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._client.request(
            method,
            f"{self.url}{path}",
            data=body,
            headers={"Content-Type": "application/json"} | given,
            skip_auto_headers=["Content-Type"],
        ) as response:
            return Answer(response.status, await response.read(), dict(response.headers))

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.post(None, path, "GET", **headers)

    def sender(self) -> "Sender":
        return Sender(self.port)


class Sender:
    """One connection that sends bytes as it likes."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _, writer = self._both()
        writer.transport.abort()

    async def send(self, content: bytes) -> None:
        """Send, if the door still listens."""
        _, writer = self._both()
        writer.write(content)
        try:
            await writer.drain()
        except ConnectionError:
            return

    async def until_said(self, words: bytes) -> None:
        """Wait until the door has said so."""
        reader, _ = self._both()
        async with asyncio.timeout(ANSWERED_WITHIN_S):
            await reader.readuntil(words)

    async def until_closed(self) -> bytes:
        """Return all the door says until it closes the connection."""
        reader, _ = self._both()
        said = bytearray()
        async with asyncio.timeout(ANSWERED_WITHIN_S):
            while True:
                try:
                    some = await reader.read(65_536)
                except ConnectionError:
                    return bytes(said)
                if not some:
                    return bytes(said)
                said += some

    def _both(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        assert self._streams is not None
        return self._streams


def door_settings(home: Path, **given: Any) -> Settings:
    return Settings(**{"home": home, "door_bind": "127.0.0.1:0", "door_secret": SECRET, **given})


@asynccontextmanager
async def open_door(settings: Settings, deliveries: Deliveries) -> AsyncIterator[OpenDoor]:
    async with opened(settings, deliveries) as port, aiohttp.ClientSession() as client:
        yield OpenDoor(port, client)


async def until_ready(door: OpenDoor, within_s: float) -> None:
    async def is_ready() -> bool:
        return (await door.get("/readyz")).status == 200

    await eventually(is_ready, within_s)


def head(path: str = EVENT_PATH, **headers: str) -> bytes:
    """Return the head of a POST request; header names have _ for -."""
    lines = [f"POST {path} HTTP/1.1", "Host: door", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
