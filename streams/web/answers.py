"""What every page says the same way: JSON that a person can read, and a reason for every no."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from streams.log import log

_HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_FOR_PEOPLE = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS


def answer(
    value: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return the value as indented JSON, which no cache keeps."""
    body = orjson.dumps(value, option=_FOR_PEOPLE)
    return web.Response(body=body, status=status, headers={**_HEADERS, **(headers or {})})


def refusal(status: int, reason: str, **facts: Any) -> web.Response:
    """Return a no with its reason in one sentence."""
    return answer({"reason": reason, **facts}, status)


def now_text() -> str:
    """Return the time of an answer: RFC 3339, UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give a JSON body to whatever the router or a page refuses."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        allowed = {name: value for name, value in error.headers.items() if name == "Allow"}
        return answer({"reason": error.reason}, error.status, allowed)
    except Exception as error:  # noqa: BLE001 (outermost frame of a request: the worker goes on)
        log.error("page.failed", path=request.path, error=str(error), exc_info=error)
        return refusal(500, f"this page failed: {type(error).__name__}, see the worker's log")
