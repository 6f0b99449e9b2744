"""The published contract: a JSON Schema (draft 2020-12) for the values of every topic of ours.

Fields that a schema does not name are allowed, on purpose: inside a version additions are made,
and a reader who validates with an older schema must not refuse them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from pydantic import TypeAdapter

from ledger.glossary import meaning_of
from ledger.wire import ChartV1, MovementV1, OpenedV1, ProductV1
from ledger.wire_held import HeldV1
from ledger.wire_outputs import AvailabilityV1, EntryV1, ExceptionV1

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

# What we write has every field; of what others write we need fewer ("validation").
_CONTRACTS: Mapping[str, tuple[Any, Literal["serialization", "validation"]]] = MappingProxyType(
    {
        "stock.movements.v1": (MovementV1 | OpenedV1 | ChartV1, "serialization"),
        "khaos.products.v1": (ProductV1, "validation"),
        "stock.availability.v1": (AvailabilityV1, "serialization"),
        "stock.journal.v1": (EntryV1, "serialization"),
        "stock.exceptions.v1": (ExceptionV1, "serialization"),
        "stock.held.v1": (HeldV1, "serialization"),
    }
)
NAMES = tuple(_CONTRACTS)
_UNIONS = {
    "stock.movements.v1": "`stock.movements.v1`: one movement of stock, or a control record that "
    "opens a site or sets the chart."
}


def schema_of(name: str) -> Schema:
    """Return the schema of a topic's values; raise `KeyError` for a topic without one."""
    model, mode = _CONTRACTS[name]
    schema: Schema = TypeAdapter(model).json_schema(mode=mode)
    root = schema.get("title", "")
    definitions = {
        each: _told(each, found, mode) for each, found in schema.pop("$defs", {}).items()
    }
    told = _told(root, schema, mode) | ({"$defs": definitions} if definitions else {})
    if name in _UNIONS:
        told["description"] = _UNIONS[name]
    return {"$schema": DIALECT, "$id": f"urn:stock-ledger:{name}"} | told | {"title": name}


def summary_of(name: str) -> str:
    """Return what a topic's values are, in a line."""
    first, *_ = schema_of(name)["description"].splitlines()
    return first.partition(": ")[2]


def _told(record: str, schema: Schema, mode: str) -> Schema:
    """Return a record's schema with its fields' meanings instead of pydantic's titles."""
    fields: dict[str, Schema] = schema.get("properties", {})
    if not fields:
        return schema
    told = {
        name: {"description": meaning_of(record, name)} | _without(field, mode)
        for name, field in fields.items()
    }
    required = schema.get("required", []) if mode == "validation" else list(fields)
    return schema | {"properties": told, "required": required}


def _without(field: Schema, mode: str) -> Schema:
    # A default says nothing of what is always written.
    left_out = {"title"} if mode == "validation" else {"title", "default"}
    return {name: said for name, said in field.items() if name not in left_out}
