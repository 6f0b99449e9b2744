"""Records of the deliveries topic, made by hand, and what translate makes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from ledger.held import Held
from ledger.movement import Movement
from ledger.wire import parse_movement
from ledger.wire_held import parse_held
from streams.clarus.delivery import EVENT, RESOURCE, TENANT
from streams.engine.fold import Cut, Headers, Send
from streams.settings import Settings
from streams.topics import DELIVERIES, HELD, MOVEMENTS, QUARANTINE
from streams.translate import Translate

RECEIVED_AT_MS = 1_772_701_805_000  # 2026-03-05T09:10:05Z
FATES = ("movement", "without_effect", "foreign", "held", "quarantined")

CLARUS = {"tenant": "fernhill", "accounts": ["FERN", "FERN2"]}


def settings(**clarus: Any) -> Settings:
    """Return settings of a tenant with two accounts of its own."""
    return Settings.model_validate({"clarus": {**CLARUS, **clarus}})


@dataclass(frozen=True, slots=True)
class Delivered:
    """One record as the consumer gives it."""

    value: bytes | None
    headers: Headers
    offset: int = 0
    topic: str = DELIVERIES.name
    partition: int = 3
    timestamp: int = RECEIVED_AT_MS
    key: bytes | None = None


def delivered(event: str, body: Any, *, offset: int = 0, **headers: str) -> Delivered:
    """Return a delivery of an event, e.g. "stock.received"; a body that is no bytes is JSON."""
    resource, _, name = event.partition(".")
    said = {RESOURCE: resource, EVENT: name, TENANT: CLARUS["tenant"], **headers}
    value = body if isinstance(body, bytes) else orjson.dumps(body)
    return Delivered(value, [(key, text.encode()) for key, text in said.items()], offset)


@dataclass(frozen=True, slots=True)
class Said:
    """What a lane of translate said of some deliveries."""

    cut: Cut
    counts: Mapping[str, int] = field(default_factory=dict[str, int])

    def sends(self, topic: str) -> list[Send]:
        """Return what went to a topic, partition by partition."""
        return [
            send for place, sends in self.cut.outputs.items() if place[0] == topic for send in sends
        ]

    @property
    def movements(self) -> list[Movement]:
        """Return the movements."""
        return [parse_movement(value or b"") for _, value, _ in self.sends(MOVEMENTS.name)]

    @property
    def held(self) -> list[Held]:
        """Return the held documents."""
        return [parse_held(value or b"") for _, value, _ in self.sends(HELD.name)]

    @property
    def reasons(self) -> list[str]:
        """Return why what was quarantined was."""
        return [dict(headers)["reason"].decode() for _, _, headers in self.sends(QUARANTINE.name)]

    @property
    def fates(self) -> dict[str, int]:
        """Return how many items met which fate, those that none met left out."""
        return {fate: self.counts[fate] for fate in FATES if self.counts.get(fate)}


def translated(deliveries: Sequence[Delivered], **clarus: Any) -> Said:
    """Return what a fresh lane of translate says of deliveries; fates must add up."""
    lane = Translate(3, settings(**clarus))
    lane.fold(deliveries)
    cut = lane.cut()
    counts = cut.counts
    assert counts["items"] == sum(counts.get(fate, 0) for fate in FATES)
    return Said(cut, counts)


def adjusted(**changed: Any) -> dict[str, Any]:
    """Return the body of a positive adjustment, with fields changed; None takes a field away."""
    body = {
        "id": 40117,
        "created_at": "2026-03-05T09:10:00Z",
        "account": {"id": 9, "code": "FERN"},
        "product": {"id": 77, "code": "LAMP-OAK-2", "external_system_reference1": "KX-77"},
        "warehouse": {"id": 4, "code": "HULL"},
        "quantity": 6.0,
        "new_quantity": 18.0,
        "reason_code": {"id": 5, "code": "FOUND", "name": "Found on a shelf"},
        "description": "Behind the packing bench",
        "location": {"id": 31, "code": "B-02-4"},
        "stock_id": 5150,
        "string1": "LOT-88",
        "boolean1": None,
    }
    return _changed(body, changed)


def on_hold(**changed: Any) -> dict[str, Any]:
    """Return the body of a stock record that was put on hold."""
    body = {
        "id": 5150,
        "quantity": 18.0,
        "status": "held",
        "fifo_date": "2026-02-01T00:00:00Z",
        "account": {"id": 9, "code": "FERN"},
        "product": {"id": 77, "code": "LAMP-OAK-2"},
        "warehouse": {"id": 4, "code": "HULL"},
        "storage_unit": {"id": 12, "reference": "PAL-00012"},
        "reason_code": {"id": 6, "code": "CHECK", "name": "To be looked at"},
        "description": "Veneer lifting",
        "updated_at": "2026-03-05T09:09:30Z",
    }
    return _changed(body, changed)


def receipt(**changed: Any) -> dict[str, Any]:
    """Return the body of a completed receipt of two lines."""
    body = {
        "id": 611,
        "reference": "PO-3007",
        "status": "completed",
        "receipt_type": "standard",
        "expected_date_of_receipt": "2026-03-09T08:00:00Z",
        "actual_date_of_receipt": "2026-03-05T08:30:00Z",
        "external_system_reference1": "KX-PO-3007",
        "account": {"id": 9, "code": "FERN"},
        "warehouse": {"id": 4, "code": "HULL"},
        "lines": [
            _line(1, "LAMP-OAK-2", expected_quantity=40.0, quantity_received=38.0),
            _line(2, "SHADE-RED", expected_quantity=12.0, quantity_received=0.0),
        ],
    }
    return _changed(body, changed)


def order(**changed: Any) -> dict[str, Any]:
    """Return the body of a completed sales order of two lines, with a person's particulars."""
    body = {
        "id": 9021,
        "reference": "SO-5511",
        "goods_out_type": "sales_order",
        "goods_out_status": {"code": "COMPLETED", "name": "Completed"},
        "external_system_reference1": "KX-SO-5511",
        "expected_date_of_dispatch": "2026-03-06T12:00:00Z",
        "actual_date_of_dispatch": "2026-03-05T09:00:00Z",
        "account": {"id": 9, "code": "FERN"},
        "warehouse": {"id": 4, "code": "HULL"},
        "carrier": {"id": 2, "code": "VAN"},
        "lines": [
            _line(1, "LAMP-OAK-2", order_quantity=5.0, pick_quantity=4.0, dispatch_quantity=4.0),
            _line(2, "SHADE-RED", order_quantity=1.0, pick_quantity=1.0, dispatch_quantity=1.0),
        ],
        "packages": [{"tracking_number": "TRACK-1"}],
    }
    return _changed(body, changed)


def transfer(**changed: Any) -> dict[str, Any]:
    """Return the body of a transfer between two accounts of the company."""
    source = adjusted(id=40200, quantity=3.0, stock_id=None, reason_code=None, description=None)
    target = {**source, "id": 40201, "account": {"id": 10, "code": "FERN2"}}
    return _changed({"transaction_source": source, "transaction_target": target}, changed)


def _line(number: int, code: str, **quantities: float) -> dict[str, Any]:
    product = {"id": 70 + number, "code": code}
    return {"id": 800 + number, "alt_line_number": str(number), "product": product, **quantities}


def _changed(body: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**body, **changed}.items() if value is not None}
