"""The JSON of `stock.held.v1`: one document, as one event of the warehouse told of it."""

from dataclasses import dataclass
from typing import Annotated, Literal

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from ledger.errors import MalformedRecord
from ledger.held import Held, HeldLine
from ledger.json_bytes import json_bytes
from ledger.quantity import render_quantity
from ledger.wire import Code, Id, ToldMilli, Utc, first_fault


@dataclass(frozen=True, slots=True)
class HeldLineV1(HeldLine):
    """One line of a held document."""

    line_id: Code | None
    sku: Code | None
    line_number: Code | None
    external_reference: Code | None
    ordered_milli: Annotated[ToldMilli | None, Field(alias="ordered")]
    allocated_milli: Annotated[ToldMilli | None, Field(alias="allocated")]
    picked_milli: Annotated[ToldMilli | None, Field(alias="picked")]
    dispatched_milli: Annotated[ToldMilli | None, Field(alias="dispatched")]
    expected_milli: Annotated[ToldMilli | None, Field(alias="expected")]
    received_milli: Annotated[ToldMilli | None, Field(alias="received")]


@dataclass(frozen=True, slots=True)
class HeldV1(Held):
    """`stock.held.v1`: a document kept for a capability to come, without people."""

    held_id: Id
    resource: Code
    event: Code
    document: Literal["order", "receipt", "pick_list"]
    document_id: Code
    reference: Code | None
    account: Code | None
    site: Code | None
    type: Code | None
    status: Code | None
    external_references: tuple[Code, ...]
    carrier: Code | None
    tracking_numbers: tuple[Code, ...]
    expected_at: Utc | None
    completed_at: Utc | None
    lines: tuple[HeldLineV1, ...]
    received_at: Utc
    delivery: Id


_HELD = TypeAdapter(HeldV1)


def parse_held(value: bytes) -> Held:
    """Read a held document; raise `MalformedRecord` and nothing else."""
    try:
        return _HELD.validate_json(value)
    except ValidationError as error:
        raise MalformedRecord(first_fault(error)) from None


def render_held(held: Held) -> bytes:
    """Return the canonical bytes of a held document."""
    return json_bytes(
        {
            "held_id": held.held_id,
            "resource": held.resource,
            "event": held.event,
            "document": held.document,
            "document_id": held.document_id,
            "reference": held.reference,
            "account": held.account,
            "site": held.site,
            "type": held.type,
            "status": held.status,
            "external_references": held.external_references,
            "carrier": held.carrier,
            "tracking_numbers": held.tracking_numbers,
            "expected_at": held.expected_at,
            "completed_at": held.completed_at,
            "lines": [_line(line) for line in held.lines],
            "received_at": held.received_at,
            "delivery": held.delivery,
        },
        option=orjson.OPT_UTC_Z,
    )


def _line(line: HeldLine) -> dict[str, str | None]:
    return {
        "line_id": line.line_id,
        "sku": line.sku,
        "line_number": line.line_number,
        "external_reference": line.external_reference,
        "ordered": _quantity(line.ordered_milli),
        "allocated": _quantity(line.allocated_milli),
        "picked": _quantity(line.picked_milli),
        "dispatched": _quantity(line.dispatched_milli),
        "expected": _quantity(line.expected_milli),
        "received": _quantity(line.received_milli),
    }


def _quantity(milli: int | None) -> str | None:
    return None if milli is None else render_quantity(milli)
