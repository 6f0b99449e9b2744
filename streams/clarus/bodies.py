"""A webhook's body: is it JSON, and by which key does it go into the log. Nothing else is read."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import orjson

from streams.clarus.settings import ClarusSettings, Places

KEY_BYTES_MAX = 200  # a code of Clarus has 50 characters; what is longer is no SKU to key by
_LAST_CONTROL = "\x1f"


class NotReadable(ValueError):
    """The body is not JSON that can be read, or neither an object nor an array."""


def read_json(body: bytes) -> dict[str, Any] | list[Any]:
    """Return the body's document, or raise `NotReadable` with the reason.

    What orjson refuses though it can be read (NaN, 1e400, lone surrogates, integers of any
    length) is read by the standard library: the sender can do nothing about it, translate can.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = _read_leniently(body)
    if not isinstance(document, dict | list):
        raise NotReadable("the body is neither a JSON object nor an array")
    return document


def key_of(
    document: dict[str, Any] | list[Any], resource: str, body: bytes, clarus: ClarusSettings
) -> bytes:
    """Return the SKU of the first record where one can be read, else `resource:id`.

    A body without an id goes by its own hash: the same body always goes to the same partition.
    """
    layers = list(_layers(document))
    sku = _first(layers, clarus.names.sku)
    if sku:
        return sku.upper() if clarus.sku_case == "one" else sku
    record_id = _first(layers, clarus.names.id)
    told_apart = record_id or hashlib.sha256(body).hexdigest()[:32].encode()
    return f"{resource}:".encode() + told_apart


def _read_leniently(body: bytes) -> Any:
    try:
        # Numbers stay text: turning a long one into an int takes quadratic time.
        return json.loads(body.decode("utf-8-sig"), parse_int=str, parse_float=str)
    except RecursionError:
        raise NotReadable("the body is nested too deeply to be read") from None
    except ValueError:
        # The reason is not quoted: it would repeat the body to whoever reads the answer.
        raise NotReadable("the body is not JSON") from None


def _layers(document: Any) -> Iterator[dict[str, Any]]:
    """Yield where fields may stand: top level, `data`, `data.attributes`."""
    record = document[0] if isinstance(document, list) and document else document
    for inner in ("data", "attributes", None):
        if not isinstance(record, dict):
            return
        yield record
        record = record.get(inner) if inner else None


def _first(layers: list[dict[str, Any]], places: Places) -> bytes:
    """Return the first place's value that can be a key; empty where none can."""
    found = (_key(_at(layer, place)) for place in places for layer in layers)
    return next(filter(None, found), b"")


def _at(layer: dict[str, Any], place: str) -> Any:
    value: Any = layer
    for name in place.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _key(value: Any) -> bytes:
    """Return a code or an id as key bytes; empty for what cannot be one."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return b""
    text = str(value)
    if not text.strip() or min(text) <= _LAST_CONTROL:
        return b""
    key = text.encode("utf-8", "replace")
    return key if len(key) <= KEY_BYTES_MAX else b""
