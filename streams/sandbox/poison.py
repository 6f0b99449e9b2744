"""Forty bodies that are no movement: what the door must refuse, and what quarantine must keep."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from streams.sandbox.tenant import OWN, WAREHOUSES
from streams.sandbox.webhooks import owner, product, rfc3339, warehouse

TOO_LARGE_BYTES = 300_000  # the door's limit is 262,144 by default
JSON_TYPE = "application/json"

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Poison:
    """One kind. `make` gives the body; the number keeps two of a kind apart."""

    kind: str
    make: Callable[[int, datetime], bytes]
    refused: int | None = None  # the door's status; None: taken in, and each item quarantined
    event: tuple[str, str] = ("stock", "positively_adjusted")
    items: int = 1
    content_type: str = JSON_TYPE
    if_sign_is_checked: bool = False  # only where a negative quantity is refused

    @property
    def fate(self) -> str:
        """Return what must become of it, in the words of `Truth.poison`."""
        return "taken in" if self.refused is None else f"refused {self.refused}"


def _sound(number: int, at: datetime) -> Fields:
    return {
        "id": f"POISON-{number}",
        "created_at": rfc3339(at),
        "account": owner(OWN),
        "product": product("POISONED"),
        "warehouse": warehouse(WAREHOUSES[0]),
        "quantity": 6.0,
    }


def _with(**fields: Any) -> Callable[[int, datetime], bytes]:
    return lambda number, at: orjson.dumps(_sound(number, at) | fields)


def _without(name: str) -> Callable[[int, datetime], bytes]:
    def make(number: int, at: datetime) -> bytes:
        fields = _sound(number, at)
        del fields[name]
        return orjson.dumps(fields)

    return make


def _quantity(written: str) -> Callable[[int, datetime], bytes]:
    """Return a body whose quantity is written just so."""

    def make(number: int, at: datetime) -> bytes:
        return _with(quantity=123456)(number, at).replace(b"123456", written.encode())

    return make


def _plain(body: bytes) -> Callable[[int, datetime], bytes]:
    return lambda _number, _at: body


def _legs(target: Fields | None) -> Callable[[int, datetime], bytes]:
    def make(number: int, at: datetime) -> bytes:
        source = _sound(number, at)
        fields: Fields = {"id": source["id"], "transaction_source": source}
        if target is not None:
            fields["transaction_target"] = source | target
        return orjson.dumps(fields)

    return make


def _twice(number: int, at: datetime) -> bytes:
    return _with()(number, at)[:-1] + b',"quantity":7.0}'


def _deep(number: int, at: datetime) -> bytes:
    return _with()(number, at)[:-1] + b',"string5":' + b"[" * 20 + b"]" * 20 + b"}"


_TRANSFER = ("stock", "account_transferred")
KINDS: tuple[Poison, ...] = (
    Poison("not JSON", _plain(b"id=910244&quantity=6"), 400),
    Poison("empty body", _plain(b""), 400),
    Poison("cut off in the middle", lambda n, at: _with()(n, at)[:60], 400),
    Poison("a bare number", _plain(b"42"), 400),
    Poison("a bare text", _plain(b'"hello"'), 400),
    Poison("not UTF-8", lambda n, at: _with()(n, at).replace(b"POISONED", b"\xff\xfe\xfd"), 400),
    Poison("too large", _with(string5="x" * TOO_LARGE_BYTES), 413),
    Poison("a form's content type", _with(), 415, content_type="text/html"),
    Poison("no product", _without("product")),
    Poison("an empty SKU", _with(product={"id": 1, "code": ""})),
    Poison("a SKU of nothing", _with(product={"id": 1, "code": None})),
    Poison("a SKU that is true", _with(product={"id": 1, "code": True})),
    Poison("a SKU with a line break", _with(product={"id": 1, "code": "MUG\n2026 error"})),
    Poison("a SKU of 61 characters", _with(product={"id": 1, "code": "X" * 61})),
    Poison("half a character", lambda n, at: _with()(n, at).replace(b"POISONED", b"\\ud800")),
    Poison("no quantity", _without("quantity")),
    Poison("a quantity of zero", _quantity("0.0")),
    Poison("a quantity below zero", _quantity("-6.0"), if_sign_is_checked=True),
    Poison("a quantity of NaN", _quantity("NaN")),
    Poison("an endless quantity", _quantity("1e400")),
    Poison("a quantity of 2^63", _quantity("9223372036854775808")),
    Poison("four places", _quantity("1.2345")),
    Poison("a quantity in words", _quantity('"six"')),
    Poison("a quantity with a comma", _quantity('"6,0"')),
    Poison("a quantity that is a list", _quantity("[6]")),
    Poison("a quantity that is true", _quantity("true")),
    Poison("no account", _without("account")),
    Poison("no warehouse", _without("warehouse")),
    Poison("no id", _without("id")),
    Poison("an id with a fraction", _with(id=910244.5)),
    Poison("no time", _without("created_at")),
    Poison("a time without a zone", _with(created_at="2011-10-25T10:00:00")),
    Poison("the year 9999", _with(created_at="9999-12-31T23:59:59Z")),
    Poison("the 31st of February", _with(created_at="2011-02-31T10:00:00Z")),
    Poison("one name twice", _twice),
    Poison("twenty levels deep", _deep),
    Poison("an event nobody knows", _with(), event=("stock", "vanished")),
    Poison("a receipt of unknown type", _with(receipt_type="gift"), event=("stock", "received")),
    Poison("a transfer without a target", _legs(None), event=_TRANSFER),
    Poison("three that are no records", _plain(b'[1, "two", [3]]'), items=3),
)
