"""What a record of the movements or products topic says, read without the worker's reader."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from streams.verification.numbers import cost_e4, milli

CONTROL = b'{"control":'
ACCEPTED = "accepted:"  # begins the id of what a person accepted; what was told follows
IN = frozenset(
    {"opening", "received", "returned", "undispatched", "adjusted_up"}
    | {"account_in", "transfer_in", "conversion_in"}
)
OUT = frozenset(
    {"unreceived", "unreturned", "dispatched", "adjusted_down"}
    | {"account_out", "transfer_out", "conversion_out"}
)
HOLDING = frozenset({"opening_hold", "held", "released"})
OPENING = frozenset({"opening", "opening_hold"})
_HASH = re.compile(r"[0-9a-f]{16}")
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]")
_AHEAD_MAX = timedelta(days=1)
_CODES = ("reason", "stock_record", "batch", "order", "receipt", "counterpart")
_IDS = ("group", "delivery", "accepts")
CODE_MAX, ID_MAX, NOTE_MAX = 60, 300, 500
MILLI_MAX = 10**12  # of one movement
LEVELS_MAX = 9 * MILLI_MAX  # of all levels of a SKU, each without its sign
VERSION_MAX = 2**63 - 1

Place = tuple[str, str]  # account, site


@dataclass(frozen=True, slots=True)
class Fact:
    """One movement."""

    movement_id: str
    kind: str
    sku: str
    place: Place
    milli: int  # as said; never with the sign of its effect
    occurred_at: datetime
    received_at: datetime
    content: bytes  # 4 bytes of the content's hash
    told: str  # its id, and what is said under it
    reason: str
    note: str
    record: str  # "" where it names no stock record
    counterpart: str
    delivery: str
    accepts: str

    @property
    def effect(self) -> int:
        """Thousandths by which the stock on hand changes."""
        if self.kind in HOLDING:
            return 0
        return self.milli if self.kind in IN else -self.milli


@dataclass(frozen=True, slots=True)
class Opening:
    """A place opens."""

    place: Place
    at: datetime


@dataclass(frozen=True, slots=True)
class UnderWay:
    """An opening that a lane is in the middle of: it comes to its SKUs in their order."""

    place: Place
    reached: str  # the last SKU it has come to

    def lets_in(self, place: Place, sku: str) -> bool:
        """Say whether what is of a SKU at a place does not wait for this opening."""
        return place != self.place or sku <= self.reached


@dataclass(frozen=True, slots=True)
class NewChart:
    """A chart counts from here on."""

    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cost:
    """One version of a product."""

    sku: str
    version: int
    unit_e4: int | None  # none, or zero: no entry can be valued
    saleable: bool


def movement_record(value: bytes | None) -> Fact | Opening | NewChart:
    """Read a record of the movements topic; `ValueError` says why it is none."""
    fields = _fields(value)
    if value is not None and value.startswith(CONTROL):
        return _control(fields)
    fact = _fact(fields)
    if fact.milli < 0 and fact.kind not in OPENING:
        raise ValueError("the quantity is below zero")
    if abs(fact.milli) > MILLI_MAX:
        raise ValueError("the quantity is larger than any stock")
    if fact.milli == 0 and fact.kind not in OPENING | HOLDING:
        raise ValueError("the quantity is zero")
    if fact.occurred_at - fact.received_at > _AHEAD_MAX:
        raise ValueError("it occurred more than a day after it was received")
    return fact


def product_record(value: bytes | None) -> Cost:
    """Read a record of the products topic; `ValueError` says why it is none."""
    fields = _fields(value)
    version, saleable = fields.get("version"), fields.get("saleable", True)
    if type(version) is not int or not 1 <= version <= VERSION_MAX:
        raise ValueError(f"{version!r} is not a version")
    if type(saleable) is not bool:
        raise ValueError("saleable is neither true nor false")
    said = fields.get("unit_cost_pence", "")
    unit_e4 = None if said is None else cost_e4(said)
    return Cost(_text(fields, "sku", CODE_MAX), version, unit_e4, saleable)


def moment(text: object) -> datetime:
    """Return a time of the wire; `ValueError` for anything else."""
    at = datetime.fromisoformat(text) if isinstance(text, str) else None
    if at is None or at.tzinfo is None:
        raise ValueError(f"{text!r} is not a time with a zone")
    return at.astimezone(UTC)


def _fields(value: bytes | None) -> dict[str, Any]:
    match orjson.loads(value or b""):  # its error is a ValueError
        case dict() as fields:
            return fields
        case _:
            raise ValueError("not a JSON object")


def _control(fields: dict[str, Any]) -> Opening | NewChart:
    match fields["control"]:
        case "opening":
            place = _text(fields, "account", CODE_MAX), _text(fields, "site", CODE_MAX)
            return Opening(place, moment(fields.get("at")))
        case "chart" if isinstance(fields.get("chart"), dict):
            return NewChart(fields["chart"])
        case other:
            raise ValueError(f"{other!r} is no control that is known")


def _fact(fields: dict[str, Any]) -> Fact:
    kind = fields.get("kind")
    if kind not in IN | OUT | HOLDING:
        raise ValueError(f"{kind!r} is no kind of movement")
    content = fields.get("content_hash")
    if not isinstance(content, str) or not _HASH.fullmatch(content):
        raise ValueError("the content's hash is not 16 hexadecimal digits")
    optional = {name: _optional(fields, name, CODE_MAX) for name in _CODES}
    optional |= {name: _optional(fields, name, ID_MAX) for name in _IDS}
    movement_id = _text(fields, "movement_id", ID_MAX)
    return Fact(
        movement_id=movement_id,
        kind=kind,
        sku=_text(fields, "sku", CODE_MAX),
        place=(_text(fields, "account", CODE_MAX), _text(fields, "site", CODE_MAX)),
        milli=milli(fields.get("quantity")),
        occurred_at=moment(fields.get("occurred_at")),
        received_at=moment(fields.get("received_at")),
        content=bytes.fromhex(content[:8]),
        told=f"{movement_id}:{content}",
        reason=optional["reason"],
        note=_note(fields.get("note")),
        record=optional["stock_record"],
        counterpart=optional["counterpart"],
        delivery=optional["delivery"],
        accepts=optional["accepts"],
    )


def _text(fields: dict[str, Any], name: str, length_max: int) -> str:
    text = fields.get(name)
    if not isinstance(text, str) or not 0 < len(text) <= length_max:
        raise ValueError(f"{name} is not a text of 1 to {length_max} characters")
    if _CONTROL_CHARACTERS.search(text):
        raise ValueError(f"{name} has a control character")
    return text


def _optional(fields: dict[str, Any], name: str, length_max: int) -> str:
    return "" if fields.get(name) is None else _text(fields, name, length_max)


def _note(text: object) -> str:
    if text is None:
        return ""
    if not isinstance(text, str) or len(text) > NOTE_MAX:
        raise ValueError(f"note is not a text of at most {NOTE_MAX} characters")
    return text
