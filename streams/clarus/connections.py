"""The door's connections: so many at a time, each request within its time, nothing logged of them.

aiohttp's server bounds neither how many connections there are nor how long a head may take.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from traceback import format_exception
from typing import Any

from aiohttp import web

from streams.broker.ports import family_of
from streams.clarus.refusals import BAD_REQUEST, INTERNAL, TOO_SLOW, Refused
from streams.log import log

IDLE_S_MAX = 60.0  # a kept-alive connection without a request is closed after this
LINGER_S_MAX = 0.5  # after a no, what is still sent is read and dropped for so long, then closed
READ_BUFFER_BYTES = 65_536  # of one connection; beyond twice that the sender waits
ACCEPT_AGAIN_S = 0.5  # after the system refused a connection (out of files, say)
# A connection that rests makes way for the next one no sooner than this: a burst of senders must
# not push each other out, and strangers who come again at once must not cost all our time. Beyond
# `connections_max` strangers, a sender waits as often so long as they fill the door before it.
GRACE_S = 0.1
BACKLOG = 256  # connections that wait in the system's queue

Handler = Callable[["Connection", web.BaseRequest], Awaitable[web.StreamResponse]]

# Whatever aiohttp's server has to say could quote a request, and a request's path is a secret.
_SILENT = logging.getLogger("stock.door.server")
_SILENT.disabled = True


class Connection(web.RequestHandler):
    """One connection. Invariant: from a request's first byte to its answer, a time limit runs.

    But for a head that came in one piece with the request before: the limit of rest is its own,
    and only who has shown the secret is answered twice.
    """

    def __init__(self, connections: "Connections", **arguments: Any) -> None:
        super().__init__(connections, **arguments)
        self._connections = connections
        self._clock = asyncio.get_running_loop()
        self._limit: asyncio.TimerHandle | None = None
        self.deadline = 0.0  # of the request that is being read or answered; the loop's clock
        self.has_shown_secret = False
        self.is_busy = False  # a request's head is read, or more than that
        self.rests_since = self._clock.time()  # opened, or answered last

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: a connection that sends nothing has the time of a request, no more."""
        super().connection_made(transport)
        self._connections.opened(self)
        self._begin()

    def connection_lost(self, exc: BaseException | None) -> None:
        """End: the next one may come in."""
        self._stop_limit()
        super().connection_lost(exc)
        self._connections.closed(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes; the first of a request start its time."""
        if not self.deadline:
            self._begin()
        super().data_received(data)
        self.is_busy |= bool(self._messages)

    def head_is_read(self) -> None:
        """From here on whoever handles the request keeps to the deadline."""
        self._stop_limit()
        if not self.deadline:  # it came in one piece with the request before
            self.deadline = self._clock.time() + self._connections.request_s_max

    def is_answered(self) -> None:
        """Wait for the next request."""
        self.deadline, self.is_busy = 0.0, bool(self._messages)
        self.rests_since = self._clock.time()
        self._connections.rests()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no HTTP, or what our own code failed at, without quoting any of it."""
        if status < INTERNAL.status:
            return BAD_REQUEST.response()
        # Formatted here: a renderer for terminals would add local variables, the path among them.
        trace = "".join(format_exception(exc)) if exc else message
        log.error("door.failed", remote=request.remote, trace=trace)
        return INTERNAL.response()

    def _begin(self) -> None:
        seconds = self._connections.request_s_max
        self.deadline = self._clock.time() + seconds
        self._limit = self._clock.call_later(seconds, self._head_is_too_slow)

    def _head_is_too_slow(self) -> None:
        if self.transport is not None:
            self.transport.write(TOO_SLOW.raw())
        self.force_close()

    def _stop_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None


class Connections(web.Server):
    """Lets connections in. Invariant: `connections_max` are open at the most.

    Beyond that the oldest that has not shown the secret makes way, so that strangers who dawdle
    keep nobody out, then the oldest that rests; where all are at work, the next ones wait in the
    system's queue.
    """

    def __init__(self, handler: Handler, *, connections_max: int, request_s_max: float) -> None:
        super().__init__(self._handle)
        self.request_s_max = request_s_max
        self._answer = handler
        self._connections_max = connections_max
        self._open: dict[Connection, None] = {}  # oldest first
        self._changed = asyncio.Event()

    def __call__(self) -> Connection:
        """Return the protocol of a new connection."""
        return Connection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,  # the path is a secret
            logger=_SILENT,
            keepalive_timeout=max(IDLE_S_MAX, self.request_s_max),
            lingering_time=LINGER_S_MAX,
            read_bufsize=READ_BUFFER_BYTES,
            auto_decompress=False,  # a compressed body is refused, never blown up
        )

    def __len__(self) -> int:
        return len(self._open)

    def opened(self, connection: Connection) -> None:
        """Count a connection in."""
        self._open[connection] = None

    def closed(self, connection: Connection) -> None:
        """Count a connection out."""
        self._open.pop(connection, None)
        self._changed.set()

    def rests(self) -> None:
        """Learn that a connection has been answered."""
        self._changed.set()

    async def accept(self, listener: socket.socket) -> None:
        """Let connections in until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, _ = await loop.sock_accept(listener)
            except OSError as error:
                log.warning("connection.not_accepted", error=str(error))
                await asyncio.sleep(ACCEPT_AGAIN_S)
                continue
            try:
                await self._make_room()
                await loop.connect_accepted_socket(self, accepted)
            except BaseException:
                accepted.close()
                raise

    async def drain(self, within_s: float) -> None:
        """Let requests in flight end, then close what is left."""
        self.pre_shutdown()
        for connection in [c for c in self._open if not c.is_busy]:
            connection.force_close()
        try:
            async with asyncio.timeout(within_s):
                while self._open:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            log.warning("connections.cut", connections=len(self._open))
        await self.shutdown(0)

    async def _make_room(self) -> None:
        while len(self._open) >= self._connections_max:
            self._changed.clear()
            dispensable = self._dispensable()
            if dispensable is not None:
                dispensable.force_close()
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE_S):
                    await self._changed.wait()

    def _dispensable(self) -> Connection | None:
        """Return who makes way: the oldest stranger that rests, else the oldest that rests."""
        rested_since = asyncio.get_running_loop().time() - GRACE_S
        at_rest = [c for c in self._open if not c.is_busy and c.rests_since < rested_since]
        strangers = (c for c in at_rest if not c.has_shown_secret)
        return next(strangers, at_rest[0] if at_rest else None)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, Connection)  # noqa: S101 (made in `__call__` alone)
        connection.head_is_read()
        try:
            return await self._answer(connection, request)
        except Refused as refused:
            return refused.refusal.response()
        finally:
            connection.is_answered()


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; raises `OSError` where the address is taken or not ours."""
    listener = socket.create_server((host, port), family=family_of(host), backlog=BACKLOG)
    listener.setblocking(False)
    return listener
