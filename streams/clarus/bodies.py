"""A webhook's body: is it JSON, and by which key does it go into the log. Nothing else is read."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from streams.clarus.fields import Fields
from streams.clarus.records import Number, Unreadable
from streams.clarus.words import Words

Document = dict[str, Any] | list[Any]


class NotReadable(Exception):
    """The body is not JSON that can be read, or neither an object nor an array."""


def read_json(body: bytes) -> Document:
    """Return the body's document; raise `NotReadable` with the reason.

    More lenient than translate on purpose (NaN, 1e400, lone surrogates, a name twice): what can
    be read at all is taken in and judged later, because the sender can do nothing about it.
    """
    try:
        document = json.loads(body.decode("utf-8-sig"), parse_int=Number, parse_float=Number)
    except RecursionError:
        raise NotReadable("the body is nested too deeply to be read") from None
    except ValueError:
        # Python's own reason is not passed on: it would repeat the body to whoever asks.
        raise NotReadable("the body is not JSON") from None
    if not isinstance(document, dict | list):
        raise NotReadable("the body is neither a JSON object nor an array")
    return document


def key_of(document: Document, resource: str, body: bytes, words: Words) -> bytes:
    """Return the SKU of the first record where one can be read, else `resource:id`.

    A body without an id goes by its own hash: the same body always goes to the same partition.
    """
    record = document[0] if isinstance(document, list) and document else document
    if isinstance(record, dict):
        fields = Fields.of(record, words)
        sku = _readable(fields.sku)
        if sku is not None:
            return sku.encode()
        record_id = _readable(lambda: fields.code("id"))
        if record_id is not None:
            return f"{resource}:{record_id}".encode()
    return f"{resource}:{hashlib.sha256(body).hexdigest()[:32]}".encode()


def _readable(read: Callable[[], str]) -> str | None:
    try:
        return read()
    except Unreadable:
        return None
