"""The published contract: checked in as it is generated, valid, kept, and true of what we write."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from ledger.glossary import MEANINGS
from ledger.wire_schemas import NAMES, schema_of
from streams.asyncapi import PUBLIC, document, files, headers_of
from streams.topics import DELIVERIES, MOVEMENTS, QUARANTINE, TopicPlan
from tests.support.doors import Shelf, door_settings, open_door
from tests.support.kafka import Record
from tests.support.scenario import everything
from tests.support.source import ROOT

BASELINE = ROOT / "tests/baseline"


@cache
def written() -> dict[str, list[Record]]:
    """Return what both folds write in a scenario that reaches every topic."""
    return everything().records


def ours(topic: str) -> list[Record]:
    """Return the records that the program wrote, not the test: those that are events."""
    return [record for record in written()[topic] if "ce_id" in dict(record.headers)]


def test_generated_files_are_current() -> None:
    """After a change of the wire: `python -m streams.asyncapi`."""
    stale = [path.name for path, content in files().items() if path.read_bytes() != content]

    assert stale == []


def test_no_schema_is_left_behind() -> None:
    """A schema file belongs to a topic there is."""
    found = {path.stem for path in (ROOT / "ledger/schemas").glob("*.json")}

    assert set(NAMES) == found


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_valid(name: str) -> None:
    """Against its own dialect, and its patterns compile."""
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema, format_checker=FormatChecker())

    assert schema["$id"] == f"urn:stock-ledger:{name}"


@pytest.mark.filterwarnings("ignore:Field name:UserWarning")  # of the model's own import
def test_the_asyncapi_document_is_valid() -> None:
    """Against the model of AsyncAPI 3."""
    from asyncapi3.models.asyncapi import AsyncAPI3  # noqa: PLC0415 (its import warns)

    AsyncAPI3.model_validate(json.loads(json.dumps(document())))


def test_the_asyncapi_document_points_at_what_it_holds() -> None:
    """Every `$ref` leads somewhere, and every message and schema is used."""
    whole = document()
    pointed = set(_references(whole))
    held = {
        f"#/components/{kind}/{name}"
        for kind, found in whole["components"].items()
        for name in found
    }

    assert all(_resolves(whole, pointer) for pointer in pointed)
    assert set() == held - pointed


@pytest.mark.parametrize("plan", PUBLIC, ids=lambda plan: plan.name)
def test_what_is_written_is_what_is_published(plan: TopicPlan) -> None:
    """Values and headers of every topic are valid, and the scenario reaches it."""
    records = ours(plan.name)
    headers = Draft202012Validator(headers_of(plan), format_checker=FormatChecker())

    assert records
    for record in records:
        headers.validate(_text(record))
        if plan.name in NAMES:
            values = Draft202012Validator(schema_of(plan.name), format_checker=FormatChecker())
            values.validate(json.loads(record.value or b""))


@pytest.mark.parametrize("plan", PUBLIC, ids=lambda plan: plan.name)
def test_an_event_has_an_id_of_its_own(plan: TopicPlan) -> None:
    """Source and id tell a topic's events apart; a movement told twice is one event.

    A subscriber who drops what has the id of an earlier one is right: the first stands.
    """
    events = [(_text(record), record.value) for record in ours(plan.name)]
    ids = [(headers["ce_source"], headers["ce_id"]) for headers, _ in events]
    if plan is MOVEMENTS:
        told = [json.loads(value or b"")["movement_id"] for _, value in events]

        assert told == [event_id for _, event_id in ids]
    else:
        assert len(ids) == len(set(ids))


async def test_the_door_writes_events(tmp_path: Path) -> None:
    """What the door hands to Kafka has the headers that are published."""
    shelf = Shelf()
    async with open_door(door_settings(tmp_path), shelf) as door:
        for _ in range(2):
            await door.post(x_claruswms_subdomain="northpeak")

    headers = [dict(kept.headers) for kept in shelf.kept]
    for one in headers:
        Draft202012Validator(headers_of(DELIVERIES), format_checker=FormatChecker()).validate(
            {name: value.decode() for name, value in one.items()}
        )
    assert headers[0]["ce_id"] != headers[1]["ce_id"]


def test_times_are_utc() -> None:
    """Every `ce_time` ends in Z."""
    times = {_text(record)["ce_time"] for plan in PUBLIC for record in ours(plan.name)}

    assert [time for time in times if not time.endswith("Z")] == []


def test_what_is_set_aside_says_all_about_itself() -> None:
    """The quarantine keeps the headers that the record had where it came from."""
    bad = [_text(one) for one in written()[QUARANTINE.name] if "class" not in _text(one)]

    assert {headers["original-clarus_resource"] for headers in bad} == {"stock"}


def test_every_word_of_the_glossary_is_spoken() -> None:
    """A meaning nobody needs any more goes away with its field."""
    spoken = set(_fields())

    assert set() == {name for name in MEANINGS if name not in spoken}


@pytest.mark.parametrize("name", NAMES)
def test_a_version_only_grows(name: str) -> None:
    """Nothing of the published version is lost, narrowed or newly required.

    `tests/baseline` holds the schemas of the last release; a release copies them anew.
    """
    before = json.loads((BASELINE / f"{name}.json").read_text())

    assert list(_losses(before, schema_of(name))) == []


def _losses(before: Any, now: Any, where: str = "") -> Iterator[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in before.keys() - {"description", "title"}:
            if key not in now:
                yield f"{where}/{key} is gone"
            else:
                yield from _losses(before[key], now[key], f"{where}/{key}")
        # A limit that was not there before refuses what was written before.
        if "properties" not in where.rpartition("/")[2] and "$defs" not in where.rpartition("/")[2]:
            yield from (f"{where}/{key} is new" for key in now.keys() - before.keys() - _HARMLESS)
    elif where.endswith("/enum"):
        yield from (f"{where} lost {word}" for word in set(before) - set(now))
    elif before != now:
        yield f"{where} was {before}, is {now}"


_HARMLESS = {"description", "title", "default", "$defs"}


def _fields() -> Iterator[str]:
    for name in NAMES:
        schema = schema_of(name)
        for record, found in {schema["title"]: schema, **schema.get("$defs", {})}.items():
            for field in found.get("properties", {}):
                owner = {"stock.journal.v1": "EntryV1", "stock.exceptions.v1": "ExceptionV1"}
                owner |= {"stock.held.v1": "HeldV1"}
                yield from (field, f"{owner.get(record, record)}.{field}")


def _text(record: Record) -> dict[str, str]:
    return {name: value.decode() for name, value in record.headers}


def _references(said: Any) -> Iterator[str]:
    if isinstance(said, dict):
        for key, value in said.items():
            if key == "$ref":
                yield value
            else:
                yield from _references(value)
    elif isinstance(said, list):
        for value in said:
            yield from _references(value)


def _resolves(whole: Any, pointer: str) -> bool:
    for part in pointer.removeprefix("#/").split("/"):
        if part not in whole:
            return False
        whole = whole[part]
    return True
