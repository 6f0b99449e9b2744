"""Completed documents of a tenant of header events: a statement of the whole, not a delta."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from streams.partitions import partition_of
from streams.topics import QUARANTINE
from streams.translate import Translate
from tests.support.records import (
    Delivered,
    Said,
    delivered,
    order,
    receipt,
    settings,
    translated,
)

LANE, PARTITIONS = 3, settings().partitions


def _told(*deliveries: Delivered, **clarus: Any) -> Said:
    return translated(deliveries, feed="headers", **clarus)


def _moves(said: Said) -> list[tuple[str, str, int]]:
    return [(m.kind.value, m.sku, m.quantity_milli) for m in said.movements]


def _dispatched(*quantities: float, **changed: Any) -> dict[str, Any]:
    lines = order()["lines"]
    return order(
        lines=[
            {**line, "dispatch_quantity": quantity}
            for line, quantity in zip(lines, quantities, strict=True)
        ],
        **changed,
    )


def test_completed_receipt_moves_what_was_received_of_each_line() -> None:
    """The received quantity counts, not the expected; nothing received is no movement."""
    said = _told(delivered("goods_in.completed", receipt()))
    (movement,) = said.movements

    assert _moves(said) == [("received", "LAMP-OAK-2", 38_000)]
    assert movement.movement_id == "clarus:fernhill:goods_in.completed:611:801"
    assert (movement.site, movement.account, movement.receipt) == ("HULL", "FERN", "PO-3007")
    assert datetime(2026, 3, 5, 8, 30, tzinfo=UTC) == movement.occurred_at
    assert movement.order is None


def test_completed_return_moves_returned_goods() -> None:
    """A return is told from a purchase by the receipt's type."""
    said = _told(delivered("goods_in.completed", receipt(receipt_type="return")))

    assert _moves(said) == [("returned", "LAMP-OAK-2", 38_000)]


def test_return_that_turns_out_smaller_undoes_the_difference_of_a_return() -> None:
    """What a second completion takes back is booked as what it takes back was."""
    fewer = receipt(receipt_type="return", actual_date_of_receipt="2026-03-05T08:40:00Z")
    fewer["lines"] = [{**line, "quantity_received": 0} for line in fewer["lines"]]
    said = _told(
        delivered("goods_in.completed", receipt(receipt_type="return")),
        delivered("goods_in.completed", fewer),
    )

    assert _moves(said) == [
        ("returned", "LAMP-OAK-2", 38_000),
        ("unreturned", "LAMP-OAK-2", 38_000),
    ]


def test_receipt_of_unknown_type_waits_for_a_person() -> None:
    """Neither a purchase nor a return by any setting: it is not guessed."""
    body = delivered("goods_in.completed", receipt(receipt_type="blind"))

    assert _told(body).fates == {"quarantined": 1}
    assert _told(body, standard_receipts=["blind"]).fates == {"movement": 1}


def test_completed_order_moves_what_was_dispatched() -> None:
    """Short or over, what left the building counts."""
    said = _told(delivered("goods_out.completed", _dispatched(4, 0)))

    assert _moves(said) == [("dispatched", "LAMP-OAK-2", 4_000)]
    assert [movement.order for movement in said.movements] == ["SO-5511"]


@pytest.mark.parametrize("kind", ["work_order", "crossdock"])
def test_what_is_no_sale_moves_nothing(kind: str) -> None:
    """A works order is a build and a crossdock was never in stock: both are kept for later."""
    said = _told(delivered("goods_out.completed", order(goods_out_type=kind)))

    assert said.fates == {"held": 1}


@pytest.mark.parametrize("kind", ["transfer_order", None])
def test_order_of_unknown_type_waits_for_a_person(kind: str | None) -> None:
    """Only a documented type says whether goods were sold."""
    said = _told(delivered("goods_out.completed", order(goods_out_type=kind)))

    assert said.fates == {"quarantined": 1}


def test_completion_told_twice_moves_once() -> None:
    """A repeat states what is known already."""
    body = delivered("goods_out.completed", _dispatched(4, 1))
    said = _told(body, body)

    assert said.fates == {"movement": 1, "without_effect": 1}
    assert said.counts["movements"] == 2


def test_second_completion_moves_the_difference() -> None:
    """Completed, undone, completed again: what the goods did in all is what the last one says."""
    said = _told(
        delivered("goods_out.completed", _dispatched(4, 1)),
        delivered(
            "goods_out.completed",
            _dispatched(5, 0, actual_date_of_dispatch="2026-03-05T09:05:00Z"),
        ),
    )
    ids = [movement.movement_id for movement in said.movements]

    assert sorted(_moves(said), key=lambda move: (move[1], -move[2], move[0])) == [
        ("dispatched", "LAMP-OAK-2", 4_000),
        ("dispatched", "LAMP-OAK-2", 1_000),
        ("dispatched", "SHADE-RED", 1_000),
        ("undispatched", "SHADE-RED", 1_000),
    ]
    assert len(set(ids)) == 4
    assert "clarus:fernhill:goods_out.completed:9021:801:2" in ids
    assert "clarus:fernhill:goods_out.completed:9021:802:less:2" in ids


def test_third_completion_is_not_mistaken_for_the_first() -> None:
    """Back to the first quantity is a movement again, under an id of its own."""
    deliveries = [
        delivered(
            "goods_out.completed",
            _dispatched(quantity, 0, actual_date_of_dispatch=f"2026-03-05T09:0{minute}:00Z"),
        )
        for minute, quantity in enumerate((4, 6, 4))
    ]
    said = _told(*deliveries)

    assert -sum(movement.signed_milli for movement in said.movements) == 4_000
    assert len({movement.movement_id for movement in said.movements}) == 3


def test_earlier_completion_that_comes_late_moves_nothing() -> None:
    """The later statement stands, whatever the order of arrival."""
    early = _dispatched(4, 1)
    late = _dispatched(6, 1, actual_date_of_dispatch="2026-03-05T09:05:00Z")
    said = _told(delivered("goods_out.completed", late), delivered("goods_out.completed", early))

    assert said.fates == {"movement": 1, "without_effect": 1}
    assert sum(movement.signed_milli for movement in said.movements) == -7_000


def test_line_that_names_another_product_is_taken_back_first() -> None:
    """A corrected line moves both products."""
    other = _dispatched(4, 1, actual_date_of_dispatch="2026-03-05T09:05:00Z")
    other["lines"][0]["product"] = {"id": 3, "code": "LAMP-ASH-2"}
    said = _told(
        delivered("goods_out.completed", _dispatched(4, 1)),
        delivered("goods_out.completed", other),
    )

    assert {("undispatched", "LAMP-OAK-2", 4_000), ("dispatched", "LAMP-ASH-2", 4_000)} <= set(
        _moves(said)
    )
    assert sum(movement.signed_milli for movement in said.movements) == -5_000


def test_line_may_name_a_site_and_an_owner_of_its_own() -> None:
    """Stock may come from a linked account or another warehouse; a foreign line is not ours."""
    body = _dispatched(4, 1)
    body["lines"][0] |= {"account": "FERN2", "warehouse": {"code": "YORK"}}
    body["lines"][1] |= {"account": {"code": "SOMEBODY"}}
    said = _told(delivered("goods_out.completed", body))

    assert [(m.account, m.site) for m in said.movements] == [("FERN2", "YORK")]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"lines": []}, "lines: there are none"),
        ({"lines": None}, "lines: there are none"),
        ({"lines": {"a": 1}}, "lines: is no array"),
        ({"lines": [7]}, "lines: one of them is no object"),
        ({"actual_date_of_dispatch": None}, "actual_date_of_dispatch: there is none"),
        (
            {"lines": [{"id": 1, "product_code": "A", "dispatch_quantity": 1}, {"id": 1}]},
            "lines: two of them have the same id",
        ),
        (
            {"lines": [{"id": 1, "product_code": "A", "dispatch_quantity": -1}]},
            "dispatch_quantity of line 1: below zero",
        ),
        (
            {
                "lines": [
                    {"id": 1, "product_code": "A", "dispatch_quantity": 1},
                    {"id": 2, "product_code": "", "dispatch_quantity": 1},
                ]
            },
            "product.code: there is none",
        ),
    ],
)
def test_one_bad_line_refuses_the_document(changed: dict[str, Any], reason: str) -> None:
    """All or nothing: half an order is not what happened."""
    said = _told(delivered("goods_out.completed", order(**changed)))

    assert [reason] == said.reasons
    assert said.movements == []


def test_what_documents_said_survives_a_restart() -> None:
    """A lane that starts from the changelog knows what the last one knew."""
    first = _told(delivered("goods_out.completed", _dispatched(4, 1)))
    lane = Translate(3, settings(feed="headers"))
    lane.restore(
        {key: value for key, value in first.cut.changelog if value is not None},
        first.cut.counts,
        first.cut.state,
    )
    lane.fold([delivered("goods_out.completed", _dispatched(4, 1))])
    cut = lane.cut()

    assert dict(cut.outputs) == {}
    assert cut.counts["without_effect"] == 1
    assert cut.counts["deliveries"] == 2


def test_a_document_of_an_array_is_remembered_where_it_would_be_alone() -> None:
    """Else "completed, undone, completed" would count twice; it is set aside, and goes there."""
    bodies = [order(id=number) for number in range(9_000, 9_016)]
    homes = [partition_of(f"goods_out:{body['id']}".encode(), PARTITIONS) for body in bodies]
    said = _told(delivered("goods_out.completed", bodies))
    aside = [value or b"" for _, value, _ in said.sends(QUARANTINE.name)]

    assert {m.group for m in said.movements} == {
        f"clarus:fernhill:goods_out.completed:{body['id']}"
        for body, home in zip(bodies, homes, strict=True)
        if home == LANE
    }
    assert said.fates == {"movement": homes.count(LANE), "quarantined": len(aside)}
    assert sorted(map(orjson.loads, aside), key=lambda body: body["id"]) == [
        body for body, home in zip(bodies, homes, strict=True) if home != LANE
    ]
    assert all("a replay sends it there" in reason for reason in said.reasons)
