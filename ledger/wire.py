"""The JSON of every topic: `parse_*` reads, `render_*` writes, one object a record.

Quantities are decimal text, money whole pence, times RFC 3339 in UTC. Readers ignore unknown
fields; inside a version only additions are made.
"""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter
from typing import Annotated, Any, Literal

import orjson
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)

from ledger.chart import Chart, chart_fields, chart_from_fields
from ledger.errors import MalformedRecord
from ledger.immutable import immutable
from ledger.json_bytes import json_bytes
from ledger.movement import HOLDS, OPENINGS, Movement, MovementKind, Opened
from ledger.quantity import QUANTITY_MILLI_MAX, parse_quantity, render_quantity
from ledger.valuation import Product, parse_unit_cost, render_unit_cost

TIMES = orjson.OPT_UTC_Z
# Clocks differ, zones are mistaken by hours; what occurred later than this is a typing error.
AHEAD_MAX = timedelta(days=1)
YEAR_MIN, YEAR_MAX = 1970, 9000
VERSION_MAX = 2**63 - 1  # of a product; what is kept of it is a number of 64 bits
_QUANTITY_PATTERN = r"^-?(0|[1-9]\d{0,12})(\.\d{0,2}[1-9])?$"


def _utc(text: object) -> datetime:
    if type(text) is not str:
        raise ValueError("a time is RFC 3339 text")
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError("a time without a zone")
        at = at if at.tzinfo is UTC else at.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time beyond the calendar") from None
    # Local time and a day's grace are reckoned from it: they must not leave the calendar.
    if not YEAR_MIN <= at.year <= YEAR_MAX:
        raise ValueError(f"a year that is not from {YEAR_MIN} to {YEAR_MAX}")
    return at


def _quantity(text: object) -> int:
    if type(text) is not str:
        raise ValueError("a quantity is decimal text")
    return _milli_of(text)


def _told_quantity(text: object) -> int:
    milli = _quantity(text)
    if abs(milli) > QUANTITY_MILLI_MAX:
        raise ValueError("a quantity larger than any stock")
    return milli


# The same few quantities come again and again.
_milli_of = lru_cache(maxsize=4_096)(parse_quantity)


def _unit_cost(text: object) -> int:
    if type(text) is not str:
        raise ValueError("a unit cost is decimal text")
    return parse_unit_cost(text)


# No control characters: they would forge log lines, and a key of \x00… is one of our own.
_PLAIN = r"^[^\x00-\x1f\x7f]+$"
Id = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=_PLAIN)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=_PLAIN)]
Text = Annotated[str, StringConstraints(max_length=500)]
# Plain validators: pydantic's own, followed by ours, take twice as long.
Utc = Annotated[
    datetime,
    PlainValidator(_utc),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
_TO_TEXT = PlainSerializer(render_quantity, return_type=str)
_QUANTITY_SCHEMA = WithJsonSchema({"type": "string", "pattern": _QUANTITY_PATTERN})
Milli = Annotated[int, PlainValidator(_quantity), _TO_TEXT, _QUANTITY_SCHEMA]
# Of one movement or document, not of a level.
ToldMilli = Annotated[int, PlainValidator(_told_quantity), _TO_TEXT, _QUANTITY_SCHEMA]
UnitCost = Annotated[
    int,
    BeforeValidator(_unit_cost),
    PlainSerializer(render_unit_cost, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,9}\.\d{4}$"}),
]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]


@immutable
class MovementV1(Movement):
    """`stock.movements.v1`: one movement of stock."""

    movement_id: Id
    kind: MovementKind
    sku: Code
    site: Code
    account: Code
    quantity_milli: Annotated[ToldMilli, Field(alias="quantity")]
    occurred_at: Utc
    received_at: Utc
    content_hash: Hash
    reason: Code | None = None
    note: Text | None = None
    stock_record: Code | None = None
    batch: Code | None = None
    order: Code | None = None
    receipt: Code | None = None
    group: Id | None = None
    counterpart: Code | None = None
    delivery: Id | None = None
    accepts: Id | None = None


class OpenedV1(BaseModel):
    """`stock.movements.v1`, to every partition: a site of an account is open from `at`."""

    model_config = ConfigDict(frozen=True)
    control: Literal["opening"]
    account: Code
    site: Code
    at: Utc


class ChartV1(BaseModel):
    """`stock.movements.v1`, to every partition: the chart that counts from here on."""

    model_config = ConfigDict(frozen=True)
    control: Literal["chart"]
    chart: dict[str, Any]


class ProductV1(BaseModel):
    """`khaos.products.v1`: what Khaos says of a SKU; a later version replaces an earlier one."""

    model_config = ConfigDict(frozen=True)
    sku: Code
    version: Annotated[int, Field(ge=1, le=VERSION_MAX, strict=True)]
    unit_cost_pence: UnitCost | None
    saleable: Annotated[bool, Field(strict=True)] = True


_MOVEMENT = TypeAdapter(MovementV1)
_CONTROL: TypeAdapter[OpenedV1 | ChartV1] = TypeAdapter(
    Annotated[OpenedV1 | ChartV1, Field(discriminator="control")]
)
_NAMES = [f.name for f in fields(Movement)]
_HASH_AT = _NAMES.index("content_hash")
_BEFORE_HASH, _AFTER_HASH = attrgetter(*_NAMES[:_HASH_AT]), attrgetter(*_NAMES[_HASH_AT + 1 :])
_MEANING = attrgetter(*(n for n in _NAMES if n not in {"received_at", "delivery", "content_hash"}))


def parse_movement(value: bytes) -> Movement:
    """Read a movement; raise `MalformedRecord` and nothing else."""
    try:
        movement = _MOVEMENT.validate_json(value)
    except ValidationError as error:
        raise MalformedRecord(first_fault(error)) from None
    _check(movement)
    return movement


def parse_movement_record(value: bytes) -> Movement | Opened | Chart:
    """Read any record of `stock.movements.v1`; raise `MalformedRecord` and nothing else."""
    if value.startswith(b'{"control":'):
        return _parse_control(value)
    return parse_movement(value)


def render_movement(movement: Movement) -> bytes:
    """Return the canonical bytes of a movement: parsing them and rendering gives them back."""
    return json_bytes(
        {
            "movement_id": movement.movement_id,
            "kind": movement.kind.value,
            "sku": movement.sku,
            "site": movement.site,
            "account": movement.account,
            "quantity": render_quantity(movement.quantity_milli),
            "reason": movement.reason,
            "note": movement.note,
            "stock_record": movement.stock_record,
            "batch": movement.batch,
            "order": movement.order,
            "receipt": movement.receipt,
            "group": movement.group,
            "counterpart": movement.counterpart,
            "occurred_at": movement.occurred_at,
            "received_at": movement.received_at,
            "content_hash": movement.content_hash,
            "delivery": movement.delivery,
            "accepts": movement.accepts,
        },
        option=TIMES,
    )


def meaning_hash(movement: Movement) -> str:
    """Return the hash of a movement's meaning: all but when and where it was received."""
    return blake2b(orjson.dumps(_MEANING(movement), option=TIMES), digest_size=8).hexdigest()


def hashed(movement: Movement) -> Movement:
    """Return the movement with the hash of its meaning; `replace` takes three times as long."""
    values: tuple[Any, ...] = (
        *_BEFORE_HASH(movement),
        meaning_hash(movement),
        *_AFTER_HASH(movement),
    )
    return Movement(*values)


def render_opened(opened: Opened) -> bytes:
    """Return the control record of an opening."""
    return json_bytes(
        {
            "control": "opening",
            "account": opened.account,
            "site": opened.site,
            "at": opened.at,
        },
        option=TIMES,
    )


def render_chart(chart: Chart) -> bytes:
    """Return the control record of a chart."""
    return json_bytes({"control": "chart", "chart": chart_fields(chart)})


def parse_product(value: bytes) -> Product:
    """Read a product; raise `MalformedRecord` and nothing else."""
    try:
        wire = ProductV1.model_validate_json(value)
    except ValidationError as error:
        raise MalformedRecord(first_fault(error)) from None
    return Product(wire.sku, wire.version, wire.unit_cost_pence, wire.saleable)


def render_product(product: Product) -> bytes:
    """Return the canonical bytes of a product."""
    cost = product.unit_cost_e4
    return json_bytes(
        {
            "sku": product.sku,
            "version": product.version,
            "unit_cost_pence": None if cost is None else render_unit_cost(cost),
            "saleable": product.saleable,
        }
    )


def _parse_control(value: bytes) -> Opened | Chart:
    try:
        control = _CONTROL.validate_json(value)
        if isinstance(control, ChartV1):
            return chart_from_fields(control.chart)
    except ValidationError as error:
        raise MalformedRecord(first_fault(error)) from None
    except ValueError as error:
        raise MalformedRecord(f"a chart that does not fit: {error}") from None
    return Opened(control.account, control.site, control.at)


def _check(movement: Movement) -> None:
    quantity, kind = movement.quantity_milli, movement.kind
    if quantity <= 0 and kind not in OPENINGS and (quantity < 0 or kind not in HOLDS):
        raise MalformedRecord(f"quantity: {render_quantity(quantity)} is not above zero")
    if movement.occurred_at - movement.received_at > AHEAD_MAX:
        raise MalformedRecord(
            f"occurred_at: {movement.occurred_at:%Y-%m-%d %H:%M} is more than a day after it was "
            "received"
        )


def first_fault(error: ValidationError) -> str:
    """Return the first thing that is wrong, in one sentence."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "record"
    return f"{where}: {first['msg']}"
