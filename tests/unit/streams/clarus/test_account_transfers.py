"""Goods change owner in place: two movements of one group, or the one leg that is ours."""

import pytest

from ledger.movement import Movement, MovementKind
from tests.support.records import Said, delivered, transfer, translated


def _one(said: Said) -> Movement:
    (movement,) = said.movements
    return movement


def test_both_legs_of_one_company() -> None:
    """They share a group, and neither names a counterpart."""
    said = translated([delivered("stock.account_transferred", transfer())])
    out, into = sorted(said.movements, key=lambda movement: movement.kind.value, reverse=True)
    group = "clarus:fernhill:stock.account_transferred:40200"

    assert (f"{group}:out", f"{group}:in") == (out.movement_id, into.movement_id)
    assert (group, group) == (out.group, into.group)
    assert (out.account, into.account) == ("FERN", "FERN2")
    assert (out.counterpart, into.counterpart) == (None, None)
    assert (out.signed_milli, into.signed_milli) == (-3_000, 3_000)
    assert said.fates == {"movement": 1}
    assert said.counts["movements"] == 2


@pytest.mark.parametrize(
    ("ours", "kind", "account", "counterpart"),
    [("FERN", "account_out", "FERN", "FERN2"), ("FERN2", "account_in", "FERN2", "FERN")],
)
def test_foreign_leg_is_named_and_not_written(
    ours: str, kind: str, account: str, counterpart: str
) -> None:
    """The goods left or joined the company: finance is told whose they are."""
    deliveries = [delivered("stock.account_transferred", transfer())]
    movement = _one(translated(deliveries, accounts=[ours]))

    assert (kind, account, counterpart) == (
        movement.kind.value,
        movement.account,
        movement.counterpart,
    )


def test_two_foreign_legs_are_foreign() -> None:
    """It happened between two others in the same warehouse."""
    said = translated([delivered("stock.account_transferred", transfer())], accounts=["OURS"])

    assert said.fates == {"foreign": 1}


def test_id_of_the_transfer_goes_before_that_of_its_source() -> None:
    """Where the body has an id of its own, it names the action."""
    said = translated([delivered("stock.account_transferred", transfer(id=40300))])

    assert {"clarus:fernhill:stock.account_transferred:40300"} == {
        movement.group for movement in said.movements
    }


def test_source_may_be_negative() -> None:
    """A source that says minus agrees with the event; a target that does is refused."""
    body = transfer()
    source = {**body["transaction_source"], "quantity": -3.0}
    target = {**body["transaction_target"], "quantity": -3.0}
    agreed = delivered("stock.account_transferred", {**body, "transaction_source": source})
    refused = delivered("stock.account_transferred", {**body, "transaction_target": target})

    assert translated([agreed, refused]).fates == {"movement": 1, "quarantined": 1}


def test_reason_of_the_whole_is_that_of_the_legs() -> None:
    """The reason may stand beside the transactions instead of inside them."""
    body = transfer(reason_code={"code": "SOLD"}, description="Sold to the sister company")
    said = translated([delivered("stock.account_transferred", body)])

    assert {("SOLD", "Sold to the sister company")} == {
        (movement.reason, movement.note) for movement in said.movements
    }


@pytest.mark.parametrize("missing", ["transaction_source", "transaction_target"])
def test_half_a_transfer_is_none(missing: str) -> None:
    """All or nothing: no leg is written of a transfer that lacks the other."""
    said = translated([delivered("stock.account_transferred", transfer(**{missing: None}))])

    assert [f"{missing}: there is none"] == said.reasons
    assert said.movements == []


def test_legs_must_agree() -> None:
    """What one account gave is what the other got."""
    body = transfer()
    target = {**body["transaction_target"], "quantity": 4.0}
    said = translated(
        [delivered("stock.account_transferred", {**body, "transaction_target": target})]
    )

    assert said.reasons == ["the two transactions of the transfer differ in quantity"]


def test_transfer_of_nothing_is_none() -> None:
    """Zero moves nothing, in either leg."""
    body = transfer()
    legs = {name: {**leg, "quantity": 0} for name, leg in body.items()}
    said = translated([delivered("stock.account_transferred", legs)])

    assert said.reasons == ["quantity: zero moves nothing"]


def test_legs_name_the_stock_record_they_are_of() -> None:
    """Goods on hold that change their owner leave the record that was held."""
    body = transfer()
    source = {**body["transaction_source"], "stock_id": 5150}
    said = translated(
        [delivered("stock.account_transferred", {**body, "transaction_source": source})]
    )

    assert {m.kind.value: m.stock_record for m in said.movements} == {
        "account_out": "5150",
        "account_in": None,
    }


@pytest.mark.parametrize("whole", [{}, {"id": 40300}])
def test_id_may_be_that_of_the_stock_record(whole: dict[str, int]) -> None:
    """Two transfers of one record are two facts: time and quantity are added to its id."""
    first, again = transfer(**whole), transfer(**whole)
    for leg in ("transaction_source", "transaction_target"):
        again[leg] = {**again[leg], "created_at": "2026-03-05T09:10:02Z", "quantity": 2.0}
    id_is = {"stock.account_transferred": "record"}
    bodies = [delivered("stock.account_transferred", body) for body in (first, again, first)]
    said = translated(bodies, id_is=id_is)
    record = whole.get("id", 40200)
    group = f"clarus:fernhill:stock.account_transferred:{record}"

    assert {
        f"{group}:2026-03-05T09:10:00Z:3",
        f"{group}:2026-03-05T09:10:02Z:2",
    } == {movement.group for movement in said.movements}
    assert len({movement.movement_id for movement in said.movements}) == 4
    assert {f"{record}"} == {
        m.stock_record for m in said.movements if m.kind is MovementKind.ACCOUNT_OUT
    }


@pytest.mark.parametrize(
    ("whole", "records"),
    [
        ({}, {"account_out": "5150", "account_in": "40201"}),
        ({"id": 40300}, {"account_out": "5150", "account_in": "40300"}),
    ],
)
def test_record_that_a_leg_names_goes_before_the_id(
    whole: dict[str, int], records: dict[str, str]
) -> None:
    """Else it is that of the body's id, and where it has none, of the leg's own."""
    body = transfer(**whole)
    body["transaction_source"] = {**body["transaction_source"], "stock_id": 5150}
    id_is = {"stock.account_transferred": "record"}
    said = translated([delivered("stock.account_transferred", body)], id_is=id_is)

    assert records == {m.kind.value: m.stock_record for m in said.movements}


def test_time_of_the_whole_goes_before_that_of_its_source() -> None:
    """One of them must be there."""
    body = transfer(created_at="2026-03-05T08:00:00Z")
    source = {**body["transaction_source"], "created_at": None}
    target = {**body["transaction_target"], "created_at": None}
    bare = {"id": 1, "transaction_source": source, "transaction_target": target}
    said = translated(
        [delivered("stock.account_transferred", each) for each in (body, transfer(), bare)]
    )

    assert [m.occurred_at.hour for m in said.movements if m.kind.value == "account_out"] == [8, 9]
    assert said.reasons == ["created_at: there is none"]
