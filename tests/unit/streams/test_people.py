"""Names, addresses and contacts of people end at the raw delivery, and its copy in quarantine."""

import re

import orjson
import pytest

from streams.topics import DELIVERIES, HELD, MOVEMENTS, QUARANTINE
from tests.support.records import (
    adjusted,
    delivered,
    on_hold,
    order,
    receipt,
    transfer,
    translated,
)
from tests.support.source import ROOT

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


def test_a_delivery_that_cannot_be_read_is_whole_in_quarantine_and_nowhere_else() -> None:
    """There its bytes wait to be mended and sent again; no header beside them names anybody."""
    told = orjson.dumps({**order(), **PERSON, "account": None})
    said = translated([delivered("goods_out.created", told)])
    holding = {topic for (topic, _), sends in said.cut.outputs.items() if CANARY in repr(sends)}
    ((_, value, headers),) = said.sends(QUARANTINE.name)

    assert {QUARANTINE.name} == holding
    assert told == value
    assert CANARY not in repr(headers)
    assert CANARY not in repr(said.cut.changelog)


def test_the_policy_names_every_topic_that_may_hold_people() -> None:
    """Whoever answers for them must know where they are, and for how long."""
    policy = (ROOT / "SECURITY.md").read_text()
    (of_people,) = re.findall(r"^- A name, .*?(?=\n\S|\n\n)", policy, re.MULTILINE | re.DOTALL)

    assert {DELIVERIES.name, QUARANTINE.name} == set(re.findall(r"`([a-z.]+\.v1)`", of_people))
    for plan in (DELIVERIES, QUARANTINE):
        assert str(90 * 86_400_000) == plan.config["retention.ms"]
    assert "90 days" in of_people
