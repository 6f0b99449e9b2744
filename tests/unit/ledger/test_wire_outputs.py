"""The JSON of availability, entries and exceptions: byte for byte what is promised."""

from datetime import timedelta

import orjson

from ledger.availability import availability_of
from ledger.exceptions import ExceptionClass, Notice, exception_id
from ledger.holds import Place
from ledger.level import StockCard, apply
from ledger.movement import MovementKind
from ledger.wire_outputs import (
    AvailabilityV1,
    EntryV1,
    ExceptionV1,
    render_availability,
    render_entry,
    render_notice,
)
from tests.support.movements import ACCOUNT, AT, SITE, SKU, movement, product
from tests.unit.ledger.test_journal import Ledger


def test_availability_is_the_promised_object() -> None:
    """Absolute, versioned, the inputs of the formula beside it."""
    card = StockCard(SKU, version=810, product=product())
    apply(card, movement(1, quantity="52"), 1)
    apply(card, movement(2, MovementKind.HELD, "2", stock_record="r"), 2)
    said = availability_of(card, {Place(ACCOUNT, SITE)})
    assert said is not None
    value = render_availability(said)

    assert orjson.loads(value) == {
        "sku": "MUG-BLUE-350",
        "version": 812,
        "as_of": "2026-07-03T09:20:07Z",
        "basis": "gross_saleable",
        "available": "50",
        "sites": {"LEEDS": {"on_hand": "52", "held": "2", "available": "50"}},
        "saleable": True,
        "cause": "clarus:northpeak:stock.held:2",
    }
    assert AvailabilityV1.model_validate_json(value).available == 50_000


def test_an_entry_is_the_promised_object() -> None:
    """Balanced legs with who makes them, and everything its value is proven from."""
    moved = movement(1, MovementKind.ADJUSTED_DOWN, "2", note="Dropped at packing")
    entry = Ledger("550").move(moved, "breakage")
    value = render_entry(entry)

    assert orjson.loads(value) == {
        "entry_id": f"entry:{moved.movement_id}",
        "movement_id": moved.movement_id,
        "category": "breakage",
        "posting_mode": "reclass",
        "sku": "MUG-BLUE-350",
        "site": "LEEDS",
        "quantity": "-2",
        "value_pence": -1100,
        "cost": {"source": "khaos", "version": 1, "unit_pence": "550.0000"},
        "postings": [
            {"account": "stock_adjusted", "debit_pence": 1100, "credit_pence": 0, "by": "khaos"},
            {"account": "stock", "debit_pence": 0, "credit_pence": 1100, "by": "khaos"},
            {"account": "breakage", "debit_pence": 1100, "credit_pence": 0, "by": "us"},
            {"account": "stock_adjusted", "debit_pence": 0, "credit_pence": 1100, "by": "us"},
        ],
        "no_entry_because": None,
        "source": "t/3/9",
        "rules": entry.rules,
        "occurred_at": "2026-07-03T09:20:05Z",
        "period": "2026-07",
        "belongs_to": "2026-07",
        "narrative": "2 x MUG-BLUE-350 broken at LEEDS: Dropped at packing",
    }
    assert EntryV1.model_validate_json(value).value_pence == -1100


def test_an_exception_is_raised_and_cleared_under_one_id() -> None:
    """The owner stands in the record; clearing keeps when it was raised."""
    of = ExceptionClass.NO_COST
    name = exception_id(of, SKU)
    later = AT + timedelta(hours=1)
    raised = Notice(of, name, "raised", SKU, None, "why", AT, AT, "t/0/1")
    cleared = Notice(of, name, "cleared", SKU, None, "done", later, AT, "t/0/2")

    assert orjson.loads(render_notice(raised)) == {
        "exception_id": "E03:MUG-BLUE-350",
        "class": "E03",
        "state": "raised",
        "owner": "finance",
        "sku": "MUG-BLUE-350",
        "movement_id": None,
        "why": "why",
        "raised_at": "2026-07-03T09:20:05Z",
        "cleared_at": None,
        "source": "t/0/1",
    }
    read = ExceptionV1.model_validate_json(render_notice(cleared))
    assert (read.state, read.raised_at, read.cleared_at) == ("cleared", AT, later)


def test_every_class_has_an_owner() -> None:
    """Nothing is raised to nobody."""
    assert all(of.owner for of in ExceptionClass)
