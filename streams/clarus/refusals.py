"""The door's answers other than yes: each a status and a reason that gives nothing away."""

from dataclasses import dataclass, field

import orjson
from aiohttp import web

SERVER = "stock"  # aiohttp would name itself and its version


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no. The connection ends with it: what is still being sent is not read as a request."""

    status: int
    phrase: str
    reason: str
    headers: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def body(self) -> bytes:
        """Return what is sent."""
        return orjson.dumps({"reason": self.reason}) + b"\n"

    def response(self) -> web.Response:
        """Return the answer; the connection is closed after it."""
        response = answer(self.status, self.body, self.headers)
        response.force_close()
        return response

    def raw(self) -> bytes:
        """Return the answer as bytes, for a request that never became one."""
        head = (
            f"HTTP/1.1 {self.status} {self.phrase}\r\nServer: {SERVER}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        return head.encode() + self.body


class Refused(Exception):
    """A request gets a no."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


def answer(status: int, body: bytes, headers: dict[str, str] | None = None) -> web.Response:
    """Return a JSON answer that no cache keeps."""
    return web.Response(
        status=status,
        body=body,
        headers={
            "Content-Type": "application/json",
            "Cache-Control": "no-store",
            "Server": SERVER,
            **(headers or {}),
        },
    )


# Strangers learn nothing: the same body whatever was wrong, and for whatever was not there.
STRANGER = Refusal(401, "Unauthorized", "this address takes deliveries from those who know it")
NOT_ALLOWED = Refusal(403, "Forbidden", STRANGER.reason)
BAD_REQUEST = Refusal(400, "Bad Request", "this is not HTTP as the door reads it")
TOO_SLOW = Refusal(408, "Request Timeout", "the request took too long to arrive")
INTERNAL = Refusal(500, "Internal Server Error", "the door failed: see its log")

# To those who have shown the secret.
NO_SUCH_EVENT = Refusal(
    404, "Not Found", "the path ends in /{resource}/{event}, each of a to z and _, at most 40 long"
)
NOT_POST = Refusal(
    405, "Method Not Allowed", "deliveries are sent with POST", headers={"Allow": "POST"}
)
NOT_JSON_TYPE = Refusal(
    415, "Unsupported Media Type", "the content type must be application/json, in UTF-8"
)
COMPRESSED = Refusal(415, "Unsupported Media Type", "compressed bodies are not taken")


def too_large(bytes_max: int) -> Refusal:
    """Return the no to a body over the limit."""
    return Refusal(413, "Content Too Large", f"the body is larger than {bytes_max} bytes")


def not_readable(reason: str) -> Refusal:
    """Return the no to a body that is no JSON object or array."""
    return Refusal(400, "Bad Request", reason)


def unavailable(reason: str) -> Refusal:
    """Return the no that asks for another try."""
    return Refusal(503, "Service Unavailable", reason, headers={"Retry-After": "5"})
