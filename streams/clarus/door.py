"""The door: a webhook of Clarus comes in, and is answered once Kafka has it.

Clarus signs nothing, so an unguessable secret in the path stands for a signature. The body is
kept byte for byte; it is read only to tell JSON from noise, and to find the key of its record.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import unquote_to_bytes

import orjson
from aiohttp import web

from streams.clarus import delivery as names
from streams.clarus import refusals
from streams.clarus.bodies import NotReadable, key_of, read_json
from streams.clarus.connections import Connection
from streams.clarus.deliveries import Deliveries, Delivery, Kept, NotKept
from streams.clarus.door_pages import DoorPages
from streams.clarus.refusals import Refused, answer
from streams.clarus.secret import Secret
from streams.clarus.words import Words
from streams.engine.fold import Headers
from streams.headers import event_kind, rfc3339
from streams.settings import Settings
from streams.topics import DELIVERIES

IDENTIFYING_BYTES_MAX = 1_024  # of one header of Clarus; longer ones are cut
_NAME = re.compile(r"[a-z_]{1,40}")
_JSON_TYPE = re.compile(r"(application|text)/([a-z0-9.-]+\+)?json")
_CHARSETS = frozenset({None, "utf-8", "utf8", "us-ascii"})
_KIND = event_kind(DELIVERIES.name, "door", "clarus")

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Event:
    """Which event a delivery is of, as our own address says."""

    resource: str
    name: str


class Door:
    """Answers every request; nothing it says or logs has the secret in it."""

    def __init__(
        self,
        settings: Settings,
        secret: Secret,
        deliveries: Deliveries,
        pages: DoorPages,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._secret = secret
        self._deliveries = deliveries
        self._pages = pages
        self._now = now
        self._words = Words(settings.clarus)
        self._networks = [ip_network(text, strict=False) for text in settings.door.allow]

    async def handle(self, connection: Connection, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; raises `Refused`."""
        path = request.rel_url.raw_path
        page = self._pages.page(path)
        if page is not None and request.method == "GET":
            response = await page(request)
            response.force_close()  # only deliveries may follow one another
            return response
        with self._pages.metrics.delivery() as measured:
            response = await self._take(connection, request, path)
            measured.answer = response.status
            return response

    async def _take(
        self, connection: Connection, request: web.BaseRequest, path: str
    ) -> web.StreamResponse:
        self._refuse_strangers(request, path)
        connection.has_shown_secret = True
        event = _event(path)
        if request.method != "POST":
            raise Refused(refusals.NOT_POST)
        self._refuse_by_head(request)
        try:
            async with asyncio.timeout_at(connection.deadline):
                body = await self._body(request)
        except TimeoutError:
            raise Refused(refusals.TOO_SLOW) from None
        return await self._keep(connection, self._delivery(request, event, body))

    def _refuse_strangers(self, request: web.BaseRequest, path: str) -> None:
        if self._networks and not _is_within(request.remote, self._networks):
            raise Refused(refusals.NOT_ALLOWED)
        # One comparison for every request, so that no path is answered sooner than another.
        parts = path.split("/", 3)
        shown = parts[2] if len(parts) > 2 else ""
        told = self._secret.is_told_by(unquote_to_bytes(shown.encode("utf-8", "surrogateescape")))
        if not told or parts[1] != "clarus":
            raise Refused(refusals.STRANGER)

    def _refuse_by_head(self, request: web.BaseRequest) -> None:
        if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise Refused(refusals.COMPRESSED)
        given = request.headers.get("Content-Type")  # Clarus documents none: absent is JSON
        charset = request.charset
        if given is not None and not (
            _JSON_TYPE.fullmatch(request.content_type)
            and (charset is None or charset.lower() in _CHARSETS)
        ):
            raise Refused(refusals.NOT_JSON_TYPE)
        bytes_max = self._settings.door.body_bytes_max
        if (request.content_length or 0) > bytes_max:
            raise Refused(refusals.too_large(bytes_max))

    async def _body(self, request: web.BaseRequest) -> bytes:
        bytes_max = self._settings.door.body_bytes_max
        if request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0  # else the answer counts as sent already
        body = bytearray()
        try:
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > bytes_max:
                    raise Refused(refusals.too_large(bytes_max))
        except web.RequestPayloadError:
            raise Refused(refusals.BAD_REQUEST) from None
        return bytes(body)

    def _delivery(self, request: web.BaseRequest, event: Event, body: bytes) -> Delivery:
        clarus = self._settings.clarus
        try:
            key = key_of(read_json(body), event.resource, body, self._words)
        except NotReadable as error:
            raise Refused(refusals.not_readable(str(error))) from None
        received_at = rfc3339(self._now())
        origin = f"{clarus.tenant}/{event.resource}/{event.name}".encode()
        told_apart = hashlib.sha256(b"\0".join((origin, received_at, body))).hexdigest()[:32]
        headers: Headers = [
            *_KIND.headers(told_apart, received_at),
            (names.RESOURCE, event.resource.encode()),
            (names.EVENT, event.name.encode()),
            (names.TENANT, clarus.tenant.encode()),
            (names.RECEIVED_AT, received_at),
            *_identifying(request),
        ]
        return Delivery(key, body, headers)

    async def _keep(self, connection: Connection, delivery: Delivery) -> web.StreamResponse:
        try:
            async with asyncio.timeout_at(connection.deadline):
                outcome = await self._deliveries.keep(delivery)
        except TimeoutError:
            outcome = NotKept.AWAY
        match outcome:
            case Kept(place):
                return answer(202, orjson.dumps({"delivery": place}) + b"\n")
            case NotKept.AWAY:
                raise Refused(refusals.unavailable("Kafka does not acknowledge now: send it again"))
            case NotKept.FULL:
                raise Refused(refusals.unavailable("too many deliveries wait: send it again"))
            case NotKept.TOO_LARGE:
                raise Refused(refusals.too_large(len(delivery.body) - 1))


def _event(path: str) -> Event:
    parts = path.split("/")[3:]
    if len(parts) != 2 or not all(map(_NAME.fullmatch, parts)):
        raise Refused(refusals.NO_SUCH_EVENT)
    return Event(*parts)


def _is_within(remote: str | None, allowed: Sequence[Network]) -> bool:
    try:
        address = ip_address(remote or "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in allowed)


def _identifying(request: web.BaseRequest) -> Headers:
    """Return Clarus's own headers as they came, each once: bytes, in no way trusted."""
    found: Mapping[bytes, bytes] = {
        name.lower(): value for name, value in reversed(request.raw_headers)
    }
    return [
        (name, found[name.encode()][:IDENTIFYING_BYTES_MAX])
        for name in names.IDENTIFYING
        if name.encode() in found
    ]
