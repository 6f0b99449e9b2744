"""Every action tells every event that matches it, with the fields a reader needs."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import orjson
import pytest

from streams.sandbox.agenda import Agenda
from streams.sandbox.cases import CASES, Case, received_again
from streams.sandbox.floor import Floor
from streams.sandbox.records import Shelf
from streams.sandbox.staff import Staff
from streams.sandbox.tenant import FOREIGN, OWN

AT = datetime(2011, 10, 25, 9, tzinfo=UTC)
SHELF = Shelf(OWN, "LDS", "MUG")


def told(floor: Floor) -> list[str]:
    return [f"{webhook.resource}.{webhook.event}" for webhook in floor.take_told()]


def stocked() -> Floor:
    floor = Floor()
    floor.receive("PO-1", "standard", [(SHELF, 24_000)], AT)
    return floor


def test_goods_in_tells_of_the_goods_the_place_and_the_receipt() -> None:
    """`stock.received` and `goods_in.completed` tell of the same goods: both are told."""
    assert told(stocked()) == [
        "goods_in.created",
        "stock.received",
        "putaway_task.completed",
        "goods_in.completed",
    ]


def test_a_completed_receipt_states_what_is_in_the_building() -> None:
    """Thirty came in, were taken back and came in as twenty-eight: it says twenty-eight."""
    floor = Floor()
    received_again(floor, AT)
    *_, completed = floor.take_told()

    assert (completed.resource, completed.event) == ("goods_in", "completed")
    assert [line["quantity_received"] for line in completed.body["lines"]] == [28.0]


def test_a_return_completes_once_it_was_looked_at() -> None:
    """Released or written off: every receipt that began ends, held goods or not."""
    floor, agenda = Floor(), Agenda()
    staff = Staff(floor, agenda, Random(1))  # noqa: S311 (the same every time)
    for number in range(100):  # one in ten is held first, and half of those are written off
        staff.take_return(f"{number}", [(SHELF, 1_000)], AT)
    agenda.run_until(AT + timedelta(days=1))
    said = told(floor)

    assert said.count("stock.placed_on_hold") > 1
    assert said.count("stock.released_from_hold") > 0
    assert said.count("stock.negatively_adjusted") > 0
    assert said.count("goods_in.completed") == said.count("goods_in.created") == 100


def test_an_order_tells_of_each_line_and_of_the_whole() -> None:
    """A despatch is told a line; the order's completion is told once more."""
    floor = stocked()
    floor.take_told()
    order = floor.goods_out.order("SO-1", "LDS", "17850", [(SHELF, 2_000), (SHELF, 2_000)])
    floor.goods_out.enter(order, AT)
    for line in order.lines:
        floor.goods_out.pick(order, line, 2_000, AT)
    floor.goods_out.picked(order, AT)
    for line in order.lines:
        floor.goods_out.dispatch(order, line, AT)
    floor.goods_out.complete(order, AT)

    assert told(floor) == [
        "goods_out.created",
        "goods_out.processed",
        "goods_out_pick_list.created",
        "stock.picked",
        "stock.picked",
        "goods_out_pick_list.picked",
        "stock.dispatched",
        "stock.dispatched",
        "goods_out_pick_list.completed",
        "goods_out.completed",
    ]


def test_a_return_names_its_receipts_type() -> None:
    """Goods that come back are told apart from goods that were bought."""
    floor = Floor()
    floor.receive("RET-1", "return", [(SHELF, 1_000)], AT)
    received = next(webhook for webhook in floor.take_told() if webhook.event == "received")

    assert received.body["goods_in"]["receipt_type"] == "return"


def test_a_hold_tells_of_the_record_and_may_be_equal_byte_for_byte() -> None:
    """Hold, release and hold again within a second: the first and the last body are the same."""
    floor = stocked()
    record = floor.room.records.of(SHELF)[0]
    floor.take_told()
    floor.hold(record, AT, "QC")
    floor.release(record, AT, "good")
    floor.hold(record, AT, "QC")
    bodies = [orjson.dumps(webhook.body) for webhook in floor.take_told()]

    assert bodies[0] == bodies[2] != bodies[1]
    assert orjson.loads(bodies[0])["id"] == record.record_id
    assert orjson.loads(bodies[0])["quantity"] == 24


def test_what_staff_typed_is_the_description() -> None:
    """A text is no reason code."""
    floor = stocked()
    floor.take_told()
    floor.adjust(floor.room.records.of(SHELF)[0], -1_000, AT, why="dagamed")
    (webhook,) = floor.take_told()

    assert (webhook.event, webhook.body["description"]) == ("negatively_adjusted", "dagamed")
    assert webhook.body["reason_code"] is None
    assert webhook.body["quantity"] == 1.0


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_case_tells_all_it_changes(case: Case) -> None:
    """Summed, what a case tells is what it left standing."""
    floor = Floor()
    case(floor, AT)
    summed: Counter[Shelf] = Counter()
    for webhook in floor.take_told():
        for place, milli in webhook.moves:
            warehouse = {"LEEDS": "LDS", "HULL": "02"}[place.site]
            summed[Shelf(place.account, warehouse, place.sku)] += milli
    stands = {
        shelf: sum(record.quantity_milli for record in floor.room.records.of(shelf))
        for shelf in floor.room.records.shelves()
        if shelf.account != FOREIGN
    }

    assert stands == +summed
    assert case.__doc__
