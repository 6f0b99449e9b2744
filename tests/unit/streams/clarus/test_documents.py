"""What is kept of orders, receipts and pick lists, and what is not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.records import delivered, order, receipt, translated


def test_order_is_kept_with_what_a_later_capability_needs() -> None:
    """References, dates, carrier, tracking and quantities by line."""
    (held,) = translated([delivered("goods_out.completed", order())]).held

    assert (held.document, held.document_id, held.reference) == ("order", "9021", "SO-5511")
    assert (held.account, held.site) == ("FERN", "HULL")
    assert (held.type, held.status) == ("sales_order", "COMPLETED")
    assert (
        held.external_references,
        held.carrier,
        held.tracking_numbers,
    ) == (("KX-SO-5511",), "VAN", ("TRACK-1",))
    assert datetime(2026, 3, 6, 12, tzinfo=UTC) == held.expected_at
    assert [
        (line.sku, line.ordered_milli, line.picked_milli, line.dispatched_milli)
        for line in held.lines
    ] == [("LAMP-OAK-2", 5_000, 4_000, 4_000), ("SHADE-RED", 1_000, 1_000, 1_000)]


def test_receipt_is_kept_with_expected_and_received() -> None:
    """Over and under deliveries show by line."""
    (held,) = translated([delivered("goods_in.created", receipt())]).held

    assert (held.document, held.type, held.status) == ("receipt", "standard", "completed")
    assert [(line.expected_milli, line.received_milli) for line in held.lines] == [
        (40_000, 38_000),
        (12_000, 0),
    ]


def test_key_is_resource_and_id() -> None:
    """All events of one document stand in one partition, in order."""
    said = translated(
        [delivered("goods_out.created", order()), delivered("goods_out.updated", order())]
    )
    keys = {key for key, _, _ in said.sends("stock.held.v1")}

    assert {b"goods_out:9021"} == keys
    assert len({held.held_id for held in said.held}) == 2


@pytest.mark.parametrize(
    "event", ["goods_out.created", "goods_in.created", "goods_out_pick_list.picked"]
)
def test_foreign_document_is_counted_and_not_kept(event: str) -> None:
    """Another owner's orders are none of our business."""
    said = translated([delivered(event, order(account={"code": "SOMEBODY"}))])

    assert said.fates == {"foreign": 1}
    assert not said.cut.outputs


def test_pick_list_may_name_no_owner() -> None:
    """A pick list may be for several orders; an order must say whose it is."""
    body = order(account=None)

    assert translated([delivered("goods_out_pick_list.created", body)]).fates == {"held": 1}
    assert translated([delivered("goods_out.created", body)]).fates == {"quarantined": 1}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"id": None}, "id: there is none"),
        ({"reference": "x" * 61}, "reference: longer than 60 characters"),
        ({"lines": [{"order_quantity": "many"}]}, "order_quantity: 'many' is not a number"),
        ({"packages": 5}, "packages: is no array"),
        ({"expected_date_of_dispatch": "soon"}, None),
    ],
)
def test_document_that_does_not_read_waits_for_a_person(
    changed: dict[str, Any], reason: str | None
) -> None:
    """It is not kept with holes where something unreadable stood."""
    said = translated([delivered("goods_out.created", order(**changed))])
    expected = reason or "expected_date_of_dispatch: 'soon' is not a date and time"

    assert [expected] == said.reasons


def test_lines_may_stand_deeper() -> None:
    """The arrays' names are nobody's promise: a setting says where they are."""
    body = order()
    lines = body.pop("lines")
    told = [delivered("goods_out.created", {**body, "order": {"rows": lines}})]
    (held,) = translated(told, names={"lines": "order.rows"}).held

    assert [line.sku for line in held.lines] == ["LAMP-OAK-2", "SHADE-RED"]
