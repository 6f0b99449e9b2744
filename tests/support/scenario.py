"""A scenario that reaches every topic, with every kind of record they carry."""

from datetime import UTC, datetime
from typing import Any

import orjson

from streams.clarus.fields import Words
from streams.quarantine import Acceptance, accepted, again, set_aside
from streams.topics import QUARANTINE
from tests.support.pipeline import Pipeline, settings_of

NOW = datetime(2026, 7, 4, 12, tzinfo=UTC)


def body(**changes: Any) -> bytes:
    """Return what Clarus would send of a change of stock, as far as we read it."""
    fields = {
        "id": 910251,
        "quantity": 2,
        "created_at": "2026-07-03T05:20:05Z",
        "product": {"code": "MUG"},
        "warehouse": {"code": "LEEDS"},
        "account": {"code": "NPK"},
        "description": "found",
    }
    return orjson.dumps(fields | changes)


def everything() -> Pipeline:
    """Return a pipeline that has said something on every topic."""
    settings = settings_of()
    made = Pipeline(settings)
    made.open()
    made.cost("MUG", 5_500_000)
    made.deliver("stock.received", body(id=1, quantity=10))
    made.deliver("stock.placed_on_hold", body(id=77, quantity=3))
    made.deliver("stock.negatively_adjusted", body(id=2, reason_code="BROKEN"))
    made.deliver("stock.negatively_adjusted", body(id=3, product={"code": "JUG"}))
    made.deliver("stock.positively_adjusted", body())
    made.deliver("stock.positively_adjusted", body(quantity=3))
    made.deliver("stock.positively_adjusted", body(quantity=-3, id=4))
    made.deliver("goods_out.created", orjson.dumps(ORDER))
    conflict, bad = (set_aside(record) for record in made.records[QUARANTINE.name])
    made.send([accepted(conflict, Acceptance("A. Baker", "counted again"), NOW)])
    made.send([again(bad, Words(settings.clarus), NOW)])
    return made


ORDER = {
    "id": 5,
    "reference": "ORD-5",
    "account": {"code": "NPK"},
    "warehouse": {"code": "LEEDS"},
    "lines": [{"id": 1, "product": {"code": "MUG"}, "order_quantity": 2}],
}
