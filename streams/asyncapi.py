"""The AsyncAPI 3 document: every topic for subscribers, made from `topics.py` and the schemas.

`python -m streams.asyncapi` writes it and the JSON Schemas anew, for developers.
"""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from ledger.wire_schemas import NAMES, Schema, schema_of
from streams.clarus import delivery
from streams.headers import BYTES, JSON, ORIGINAL, SPEC_VERSION
from streams.settings import LOCAL_KAFKA_PORT
from streams.topics import (
    DELIVERIES,
    EXCEPTIONS,
    MOVEMENTS,
    PRODUCTS,
    QUARANTINE,
    STOCK_CHANGELOG,
    TOPICS,
    TRANSLATE_CHANGELOG,
    TopicPlan,
)

DOCUMENT = Path(__file__).with_name("asyncapi.json")
SCHEMAS = Path(__file__).parents[1] / "ledger" / "schemas"
# A lane's own memory; its form may change without notice.
PRIVATE = (TRANSLATE_CHANGELOG, STOCK_CHANGELOG)
PUBLIC = tuple(plan for plan in TOPICS if plan not in PRIVATE)
_READ = (DELIVERIES, MOVEMENTS, PRODUCTS)
_WRITTEN = tuple(plan for plan in PUBLIC if plan is not PRODUCTS)
_BINDING = "0.5.0"

_TEXT: Schema = {"type": "string"}
_EVENT: Mapping[str, Schema] = {
    "ce_specversion": {"type": "string", "const": SPEC_VERSION.decode()},
    "ce_id": {"type": "string", "minLength": 1, "description": "With ce_source: one event."},
    "ce_source": {"type": "string", "minLength": 1, "description": "Which writer said it."},
    "ce_type": {"type": "string", "minLength": 1},
    "ce_time": {"type": "string", "format": "date-time"},
}
_OWN: Mapping[str, Mapping[str, str]] = {
    DELIVERIES.name: {
        delivery.RESOURCE: "Clarus's resource, as our address names it.",
        delivery.EVENT: "Clarus's event, as our address names it.",
        delivery.TENANT: "The tenant of the door's settings.",
        delivery.RECEIVED_AT: "The door's clock, RFC 3339.",
        **dict.fromkeys(delivery.IDENTIFYING, "A header of Clarus's request, as it came."),
        delivery.REPLAY_OF: "The quarantine record that was sent again.",
        delivery.ACCEPTS: "The movement kept apart that a person accepts; the value is its bytes.",
        delivery.ACCEPTED_BY: "Who accepts it.",
        delivery.ACCEPTED_BECAUSE: "Why.",
    },
    EXCEPTIONS.name: {"class": "As in the value.", "state": "As in the value."},
    QUARANTINE.name: {
        "reason": "Why the record was set aside, one sentence.",
        "origin": "Where it came from: topic/partition/offset.",
        "item": "Which record of a delivery of several it was, from 0.",
        "class": "E04 or E05: a movement kept apart for a person; else a bad record.",
        "movement_id": "Of a movement kept apart.",
    },
}
_REQUIRED: Mapping[str, list[str]] = {
    EXCEPTIONS.name: ["class", "state"],
    QUARANTINE.name: ["reason", "origin", "item"],
}
_VALUES: Mapping[str, Schema] = {
    DELIVERIES.name: {
        "description": "The body of a webhook, byte for byte: a JSON object, or an array of them."
    },
    QUARANTINE.name: {
        "description": "The bytes that were set aside; JSON or not. Headers named "
        f"`{ORIGINAL}...` are those it had where it came from."
    },
}


def headers_of(plan: TopicPlan) -> Schema:
    """Return the schema of the headers of a topic's records, values as text."""
    content = BYTES if plan is QUARANTINE else JSON
    own = {
        name: _TEXT | {"description": meaning} for name, meaning in _OWN.get(plan.name, {}).items()
    }
    event = dict(_EVENT) | {
        "ce_type": {"type": "string", "const": plan.name},
        "content-type": {"type": "string", "const": content.decode()},
    }
    return {
        "type": "object",
        "properties": event | own,
        "required": [*event, *_REQUIRED.get(plan.name, [])],
    }


def document() -> Schema:
    """Return the AsyncAPI document."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:stock-ledger",
        "info": {
            "title": "The stock ledger between Clarus WMS and Khaos Control",
            "version": version("stock-ledger"),
            "description": "Keys are text, partitioned by murmur2 as Java does; values are one "
            "JSON object a record, headers are CloudEvents 1.0 in binary mode. Read with "
            "isolation.level=read_committed. Ignore fields you do not know, and take a word you "
            "do not know as unknown: inside a version only additions are made.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": JSON.decode(),
        "servers": {
            "kafka": {"host": f"127.0.0.1:{LOCAL_KAFKA_PORT}", "protocol": "kafka"},
        },
        "channels": {_id(plan.name): _channel(plan) for plan in PUBLIC},
        "operations": dict(
            [_operation("receive", plan) for plan in _READ]
            + [_operation("send", plan) for plan in _WRITTEN]
        ),
        "components": {
            "messages": {_id(plan.name): _message(plan) for plan in PUBLIC},
            "schemas": _schemas(),
        },
    }


def files() -> dict[Path, bytes]:
    """Return every generated file, by its path in the source tree."""
    schemas = {SCHEMAS / f"{name}.json": render(schema_of(name)) for name in NAMES}
    return schemas | {DOCUMENT: render(document())}


def render(schema: Schema) -> bytes:
    """Return a schema or document as it is checked in."""
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _channel(plan: TopicPlan) -> Schema:
    configuration: Schema = {"cleanup.policy": [plan.config.get("cleanup.policy", "delete")]}
    if "retention.ms" in plan.config:
        configuration["retention.ms"] = int(plan.config["retention.ms"])
    kafka: Schema = {"topicConfiguration": configuration, "bindingVersion": _BINDING}
    if plan.partitions != "by_sku":
        kafka["partitions"] = plan.partitions
    return {
        "address": plan.name,
        "description": f"Written by {plan.written_by}.",
        "messages": {_id(plan.name): {"$ref": f"#/components/messages/{_id(plan.name)}"}},
        "bindings": {"kafka": kafka},
    }


def _operation(action: str, plan: TopicPlan) -> tuple[str, Schema]:
    channel = f"#/channels/{_id(plan.name)}"
    return f"{action}-{_id(plan.name)}", {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{_id(plan.name)}"}],
    }


def _message(plan: TopicPlan) -> Schema:
    written = {"$ref": f"#/components/schemas/{_id(plan.name)}"}
    return {
        "name": plan.name,
        "contentType": (BYTES if plan is QUARANTINE else JSON).decode(),
        "headers": headers_of(plan),
        "payload": written if plan.name in NAMES else _VALUES[plan.name],
        "bindings": {
            "kafka": {"key": _TEXT | {"description": plan.key}, "bindingVersion": _BINDING}
        },
    }


def _schemas() -> Schema:
    """Return the schemas of all topics, what they define beside them, each under its own name."""
    found: Schema = {}
    for name in NAMES:
        schema = schema_of(name)
        found |= schema.pop("$defs", {})
        found[_id(name)] = {key: said for key, said in schema.items() if not key.startswith("$")}
    return {name: _repointed(schema) for name, schema in found.items()}


def _repointed(said: Any) -> Any:
    if isinstance(said, dict):
        return {key: _repointed(value) for key, value in said.items()}
    if isinstance(said, list):
        return [_repointed(value) for value in said]
    if isinstance(said, str) and said.startswith("#/$defs/"):
        return said.replace("#/$defs/", "#/components/schemas/")
    return said


def _id(name: str) -> str:
    return name.replace(".", "-")


if __name__ == "__main__":
    SCHEMAS.mkdir(exist_ok=True)
    for path, content in files().items():
        path.write_bytes(content)
