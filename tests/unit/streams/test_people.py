"""Names, addresses and contacts of people end at the raw delivery."""

import pytest

from streams.topics import HELD, MOVEMENTS
from tests.support.records import (
    adjusted,
    delivered,
    on_hold,
    order,
    receipt,
    transfer,
    translated,
)

CANARY = "Canary"
PERSON = {
    "customer": {"name": f"{CANARY} Person", "email": f"{CANARY}@example.org"},
    "contact_name": CANARY,
    "address_1": f"1 {CANARY} Street",
    "postcode": CANARY,
    "phone": CANARY,
    "notes": f"leave with {CANARY}",
    "delivery_instructions": CANARY,
    "string2": CANARY,
    "user": {"name": CANARY},
}


@pytest.mark.parametrize("feed", ["stock", "headers"])
@pytest.mark.parametrize("envelope", ["flat", "data"])
def test_people_go_nowhere_beyond_the_delivery(feed: str, envelope: str) -> None:
    """Names, addresses and contacts reach no movement, no held document and no header."""
    bodies = {
        "goods_out.created": order(),
        "goods_out.completed": order(),
        "goods_in.completed": receipt(),
        "goods_out_pick_list.created": order(),
        "stock.dispatched": adjusted(),
        "stock.placed_on_hold": on_hold(),
        "stock.account_transferred": transfer(),
    }
    deliveries = []
    for event, body in bodies.items():
        lines = [{**line, **PERSON} for line in body.get("lines", ())]
        told = {**body, **PERSON, **({"lines": lines} if lines else {})}
        deliveries.append(delivered(event, {"data": told} if envelope == "data" else told))
    said = translated(deliveries, feed=feed)

    assert "quarantined" not in said.fates
    assert {"movement", "held"} <= said.fates.keys()
    assert CANARY not in repr([said.sends(topic) for topic in (MOVEMENTS.name, HELD.name)])
    assert CANARY not in repr(said.cut.changelog)
