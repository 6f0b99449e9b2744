"""What each delivery must become, reckoned from its raw body with a table of its own."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from streams.clarus.delivery import EVENT
from tests.simulation.expected import Said, loads, milli
from tests.simulation.kafka import Record
from tests.simulation.workload import ACCOUNT, HOLDS, TENANT_NAME

KINDS = {
    "received": "received",
    "unreceived": "unreceived",
    "dispatched": "dispatched",
    "undispatched": "undispatched",
    "positively_adjusted": "adjusted_up",
    "negatively_adjusted": "adjusted_down",
    "placed_on_hold": "held",
    "released_from_hold": "released",
}  # by event
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """One movement as `stock.movements.v1` must have it; its kind has the sign."""

    movement_id: str
    kind: str
    sku: str
    site: str
    account: str
    milli: int
    stock_record: str
    occurred_at: str
    received_at: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One record of `clarus.deliveries.v1`, its body read once."""

    record: Record
    body: Said
    fate: str  # quarantined, foreign, or a movement

    @property
    def meaning(self) -> bytes:
        """Return what the body says, whatever the order of its fields."""
        return orjson.dumps(self.body, option=orjson.OPT_SORT_KEYS)


def delivery_in(record: Record) -> Delivery:
    """Return a delivery with what must become of it."""
    try:
        body = loads(record)
        code = body["account"]["code"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return Delivery(record, {}, "quarantined")  # the workload has made it unreadable
    return Delivery(record, body, "movement" if code == ACCOUNT else "foreign")


def told_by(delivery: Delivery) -> Told:
    """Return the movement that a delivery of our own account tells of."""
    record, body = delivery.record, delivery.body
    event = dict(record.headers)[EVENT].decode()
    own_id, received_at = f"{body['id']}", _time(record.timestamp)
    stock_record, occurred_at = body.get("stock_id"), body.get("created_at")
    if event in HOLDS:  # the same state may be set again: the place in the log tells them apart
        stock_record, occurred_at = body["id"], body["updated_at"]
        own_id += f":{received_at}:{record.partition}/{record.offset}"
    return Told(
        movement_id=f"clarus:{TENANT_NAME}:stock.{event}:{own_id}",
        kind=KINDS[event],
        sku=body["product"]["code"],
        site=body["warehouse"]["code"],
        account=body["account"]["code"],
        milli=1_000 * body["quantity"],
        stock_record=f"{stock_record}",
        occurred_at=f"{occurred_at}",
        received_at=received_at,
    )


def told_in(said: Said) -> Told:
    """Return what a movement says."""
    return Told(
        movement_id=said["movement_id"],
        kind=said["kind"],
        sku=said["sku"],
        site=said["site"],
        account=said["account"],
        milli=milli(said["quantity"]),
        stock_record=said["stock_record"],
        occurred_at=said["occurred_at"],
        received_at=said["received_at"],
    )


def _time(timestamp_ms: int) -> str:
    at = EPOCH + timedelta(milliseconds=timestamp_ms)
    return at.isoformat().replace("+00:00", "Z")
