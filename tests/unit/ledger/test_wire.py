"""The JSON of movements, controls and products: exact, tolerant of more, strict in what is read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from ledger.chart import DEFAULT_CHART, Chart
from ledger.errors import MalformedRecord
from ledger.movement import MovementKind, Opened
from ledger.wire import (
    meaning_hash,
    parse_movement,
    parse_movement_record,
    parse_product,
    render_chart,
    render_movement,
    render_opened,
    render_product,
)
from streams.verification.facts import product_record
from tests.support.charts import NO_CHARTS
from tests.support.movements import AT, movement, product

EXAMPLE = {
    "movement_id": "clarus:northpeak:stock.negatively_adjusted:910251",
    "kind": "adjusted_down",
    "sku": "MUG-BLUE-350",
    "site": "LEEDS",
    "account": "NPK",
    "quantity": "2",
    "reason": "BROKEN",
    "note": "Dropped at packing",
    "stock_record": "48817",
    "batch": "LOT-2291",
    "order": None,
    "receipt": None,
    "occurred_at": "2026-07-03T09:20:05Z",
    "received_at": "2026-07-03T09:20:07Z",
    "content_hash": "6f1c6f1c6f1c6f1c",
    "delivery": "clarus.deliveries.v1/3/1042",
}


def said(**other: Any) -> bytes:
    return orjson.dumps({**EXAMPLE, **other})


def test_the_example_of_the_contract_reads() -> None:
    """The shape that is promised to subscribers is the shape that is read."""
    read = parse_movement(said())

    assert read.kind is MovementKind.ADJUSTED_DOWN
    assert read.signed_milli == -2_000
    assert read.occurred_at == AT
    assert read.occurred_at.tzinfo is UTC
    assert orjson.loads(render_movement(read)) == {
        **EXAMPLE,
        "group": None,
        "counterpart": None,
        "accepts": None,
    }


def test_unknown_fields_are_passed_over() -> None:
    """Inside a version only additions are made; a reader of today takes them."""
    assert parse_movement(said(colour="blue")).sku == "MUG-BLUE-350"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("quantity", "0"),
        ("quantity", "-2"),
        ("quantity", 2),
        ("quantity", "1.2345"),
        ("quantity", "NaN"),
        ("quantity", "9999999999999"),
        ("quantity", "1000000000.001"),
        ("sku", ""),
        ("sku", "\x00mark"),
        ("sku", "S" * 61),
        ("sku", None),
        ("kind", "given_away"),
        ("occurred_at", "2026-07-03T09:20:05"),
        ("occurred_at", "9999-12-31T23:59:59Z"),
        ("occurred_at", "0001-01-01T00:00:00+14:00"),
        ("occurred_at", 1_783_070_405),
        ("occurred_at", "yesterday"),
        ("content_hash", "xyz"),
        ("note", "n" * 501),
    ],
)
def test_what_does_not_fit_is_malformed(field: str, wrong: object) -> None:
    """The message names the field, in one sentence for a person."""
    with pytest.raises(MalformedRecord, match=field):
        parse_movement(said(**{field: wrong}))


def test_a_day_s_grace_for_the_future() -> None:
    """Up to a day after its receipt a movement may have occurred; a moment more is an error."""
    received = datetime.fromisoformat(EXAMPLE["received_at"] or "")
    edge = received + timedelta(days=1)

    assert parse_movement(said(occurred_at=edge.isoformat())).occurred_at == edge
    with pytest.raises(MalformedRecord, match="more than a day after it was received"):
        parse_movement(said(occurred_at=(edge + timedelta(seconds=1)).isoformat()))


def test_an_opening_may_be_below_zero_or_nothing() -> None:
    """A position is what it is; a hold may be of nothing, a movement may not."""
    for kind in ("opening", "opening_hold"):
        assert parse_movement(said(kind=kind, quantity="0"))
    assert parse_movement(said(kind="opening", quantity="-1")).signed_milli == -1_000
    assert parse_movement(said(kind="held", quantity="0"))
    with pytest.raises(MalformedRecord, match="quantity"):
        parse_movement(said(kind="held", quantity="-1"))


def test_zones_are_brought_to_utc() -> None:
    """The same moment written elsewhere is the same movement."""
    assert parse_movement(said(occurred_at="2026-07-03T10:20:05+01:00")).occurred_at == AT


def test_meaning_is_all_but_receipt() -> None:
    """Receipt and delivery do not change what was said; a note does."""
    one = movement(1)

    assert meaning_hash(movement(1, delivery="d/0/1", received_at=AT)) == one.content_hash
    assert meaning_hash(movement(1, note="n")) != one.content_hash


def test_controls_read_back() -> None:
    """An opening and a chart travel among the movements they count for."""
    opened = Opened("NPK", "LEEDS", AT)
    chart = parse_movement_record(render_chart(DEFAULT_CHART))

    assert parse_movement_record(render_opened(opened)) == opened
    assert isinstance(chart, Chart)
    assert chart.rules == DEFAULT_CHART.rules


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b'{"control":"opening"}', "account"),
        (b'{"control":"closing"}', "control"),
        (b'{"control":"chart","chart":{}}', "a chart that does not fit"),
        (b'{"control":', "record"),
    ],
)
def test_a_control_that_does_not_fit_is_malformed(value: bytes, why: str) -> None:
    """It is quarantined like any record; nothing opens and no chart counts."""
    with pytest.raises(MalformedRecord, match=why):
        parse_movement_record(value)


@pytest.mark.parametrize("name", NO_CHARTS)
def test_a_chart_that_could_not_be_used_is_malformed(name: str) -> None:
    """Every type, every row and every category that a movement may need is looked at first."""
    value = orjson.dumps({"control": "chart", "chart": NO_CHARTS[name]})
    with pytest.raises(MalformedRecord, match=r"a chart that does not fit: ."):
        parse_movement_record(value)


@pytest.mark.parametrize("cost", ["550.5", None, "0"])
def test_a_product_reads_back(cost: str | None) -> None:
    """With and without a cost."""
    told = product(cost, 7)

    assert parse_product(render_product(told)) == told


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("version", 0),
        ("version", 2**63),  # the card it would stand on could not be written
        ("version", "7"),
        ("version", 7.0),
        ("unit_cost_pence", 550),
        ("unit_cost_pence", "-1"),
        ("unit_cost_pence", "1000000000"),
        ("saleable", "yes"),
        ("saleable", 1),
    ],
)
def test_a_product_that_does_not_fit_is_malformed(field: str, wrong: object) -> None:
    """A cost is decimal text, a version a number above zero; `stock verify` reads the same."""
    value = orjson.loads(render_product(product()))
    with pytest.raises(MalformedRecord, match=field):
        parse_product(orjson.dumps({**value, field: wrong}))
    with pytest.raises(ValueError, match=r"."):
        product_record(orjson.dumps({**value, field: wrong}))
