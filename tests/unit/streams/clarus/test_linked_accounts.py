"""Completed documents of linked accounts: whose stock moved, each line says, not the header."""

from typing import Any

import pytest

from ledger.movement import Movement
from streams.clarus.fields import LINES_MAX
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

THEIRS = {"code": "SOMEBODY"}
NO_ACCOUNT_ID = "account: only an id (77) is given, and clarus.account_ids does not name it"


def _told(*deliveries: Delivered) -> Said:
    return translated(deliveries, feed="headers")


def _of(body: dict[str, Any], *accounts: object) -> dict[str, Any]:
    """Return a document of somebody's whose lines name these accounts; None names none."""
    lines = [
        line if account is None else {**line, "account": account}
        for line, account in zip(body["lines"], accounts, strict=True)
    ]
    return {**body, "account": THEIRS, "lines": lines}


def _order(*accounts: object, minute: int = 0, **changed: Any) -> Delivered:
    at = f"2026-03-05T09:0{minute}:00Z"
    body = order(actual_date_of_dispatch=at)
    return delivered("goods_out.completed", {**_of(body, *accounts), **changed})


def _moves(movements: list[Movement]) -> list[tuple[str, str, str, int]]:
    return [(m.kind.value, m.account, m.sku, m.quantity_milli) for m in movements]


def test_line_of_ours_moves_whoever_the_order_is_of() -> None:
    """The stock left our account; a line that names none is of the header's."""
    said = _told(_order("FERN2", None))
    (movement,) = said.movements

    assert _moves([movement]) == [("dispatched", "FERN2", "LAMP-OAK-2", 4_000)]
    assert (movement.order, movement.site) == ("SO-5511", "HULL")
    assert movement.movement_id == "clarus:fernhill:goods_out.completed:9021:801"
    assert said.fates == {"movement": 1}


@pytest.mark.parametrize(("kind", "moved"), [("standard", "received"), ("return", "returned")])
def test_line_of_ours_comes_in_whoever_the_receipt_is_of(kind: str, moved: str) -> None:
    """A receipt is read as an order is."""
    said = _told(delivered("goods_in.completed", _of(receipt(receipt_type=kind), "FERN", THEIRS)))

    assert _moves(said.movements) == [(moved, "FERN", "LAMP-OAK-2", 38_000)]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"goods_out_type": "work_order"},
        {"goods_out_type": "transfer_order"},
        {"id": None},
        {"actual_date_of_dispatch": None},
        {"lines": []},
        {"lines": {"account": "FERN"}},
        {"lines": [7]},
        {"lines": [{"id": 1, "account_id": 77}]},
        {"lines": [{"id": 1, "account": "x" * 61}]},
        {"lines": [{"id": n} for n in range(LINES_MAX + 1)]},
    ],
)
def test_order_that_names_no_account_of_ours_is_foreign(changed: dict[str, Any]) -> None:
    """However it reads: another owner's order is counted, and neither kept nor remembered."""
    said = _told(_order(None, THEIRS, **changed))

    assert said.fates == {"foreign": 1}
    assert not said.cut.outputs
    assert not said.cut.changelog


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([{"account_id": 77, "dispatch_quantity": 1}, {"account": "FERN"}], NO_ACCOUNT_ID),
        ([{"account": "FERN"}, 7], "lines: one of them is no object"),
        (
            [{"account": "FERN"} for _ in range(LINES_MAX + 1)],
            f"lines: more than {LINES_MAX} of them",
        ),
    ],
)
def test_order_with_a_line_of_ours_reads_whole_or_waits(lines: list[Any], reason: str) -> None:
    """What of it cannot be read may be of ours too."""
    said = _told(_order(None, None, lines=lines))

    assert [reason] == said.reasons
    assert said.fates == {"quarantined": 1}


def test_works_order_with_a_line_of_ours_is_held() -> None:
    """What it moved of ours it does not say; it is kept as one of our own would be."""
    said = _told(_order(None, "FERN", goods_out_type="work_order"))

    assert said.fates == {"held": 1}
    assert [held.account for held in said.held] == ["SOMEBODY"]


def test_second_completion_moves_the_difference_of_our_lines() -> None:
    """A line that turns out to be of ours moves, one that does not is taken back."""
    said = _told(_order("FERN", THEIRS), _order(THEIRS, "FERN2", minute=1))

    assert sorted(_moves(said.movements)) == [
        ("dispatched", "FERN", "LAMP-OAK-2", 4_000),
        ("dispatched", "FERN2", "SHADE-RED", 1_000),
        ("undispatched", "FERN", "LAMP-OAK-2", 4_000),
    ]


def test_document_that_becomes_foreign_is_taken_back_once() -> None:
    """It was booked to the wrong account: of the right one, nothing of ours moved."""
    ours = delivered("goods_out.completed", order())
    theirs = _order(None, None, minute=1)
    said = _told(ours, theirs, theirs)

    assert sum(movement.signed_milli for movement in said.movements) == 0
    assert {"dispatched", "undispatched"} == {m.kind.value for m in said.movements}
    assert len({movement.movement_id for movement in said.movements}) == 4
    assert said.fates == {"movement": 2, "without_effect": 1}


def test_foreign_telling_that_comes_late_takes_nothing_back() -> None:
    """The later statement stands, whatever the order of arrival."""
    said = _told(_order("FERN", None, minute=1), _order(None, None))

    assert said.fates == {"movement": 1, "without_effect": 1}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"actual_date_of_dispatch": None}, "actual_date_of_dispatch: there is none"),
        ({"lines": [{"id": 1, "account_id": 77, "dispatch_quantity": 1}]}, NO_ACCOUNT_ID),
    ],
)
def test_what_was_ours_and_does_not_read_waits_for_a_person(
    changed: dict[str, Any], reason: str
) -> None:
    """Whether it is to be taken back is not guessed."""
    said = _told(_order("FERN", None), _order(None, None, minute=1, **changed))

    assert [reason] == said.reasons
    assert said.fates == {"movement": 1, "quarantined": 1}


def test_document_that_becomes_foreign_is_known_after_a_restart() -> None:
    """What was told of a linked order is remembered as of any other."""
    first = _told(_order("FERN", None))
    lane = Translate(3, settings(feed="headers"))
    lane.restore(
        {key: value for key, value in first.cut.changelog if value is not None},
        first.cut.counts,
        first.cut.state,
    )
    lane.fold([_order(None, None, minute=1)])

    assert _moves(Said(lane.cut()).movements) == [("undispatched", "FERN", "LAMP-OAK-2", 4_000)]


def test_foreign_documents_of_an_array_are_not_set_aside() -> None:
    """Only a document of ours must stand where it would go alone."""
    bodies = [order(id=number, account=THEIRS) for number in range(9_000, 9_016)]

    assert _told(delivered("goods_out.completed", bodies)).fates == {"foreign": 16}
