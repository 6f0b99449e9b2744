"""keep_stock: movements that are parked until their entry can be written."""

from datetime import timedelta

from ledger.chart import Reason, chart_with
from ledger.movement import MovementKind
from ledger.wire import render_chart
from tests.support.keeping import Keeping
from tests.support.movements import AT, SKU, movement, product

K = MovementKind


def test_one_id_under_two_skus_is_parked_twice() -> None:
    """No card sees the other's; each movement has its entry, through a restart too."""
    lane = Keeping()
    lane.say(movement(1, quantity="6"), movement(1, quantity="2", sku="JUG"))
    assert lane.cut().counts["parked"] == 2
    again = lane.restarted()
    again.say(product("550"), product("300", sku="JUG"))
    said = again.cut()

    assert [(e["sku"], e["value_pence"]) for e in said.journal] == [(SKU, 3_300), ("JUG", 600)]
    assert said.counts.get("parked") is None
    assert not [key for key in again.changelog if key.startswith(b"\x00parked:")]


def test_one_id_applied_again_after_it_was_forgotten_is_parked_twice() -> None:
    """The card knows it no more, and takes it for another movement."""
    lane = Keeping()
    told = {"kind": K.ADJUSTED_UP, "reason": "BRK"}
    lane.say(product("550"), movement(1, **told))
    for days in (20, 40):
        lane.say(movement(f"later-{days}", at=AT + timedelta(days=days)))
    lane.say(movement(1, at=AT + timedelta(days=41), **told))
    assert lane.cut().counts["parked"] == 2
    again = lane.restarted()
    again.say(render_chart(chart_with((), (Reason("BRK", "found", "in"),), ())))

    assert [entry["category"] for entry in again.cut().journal] == ["found", "found"]
