"""Events of stock to movements: which fact, how much, when, whose, and told apart from what."""

from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from ledger.movement import Movement, MovementKind
from tests.support.records import Said, adjusted, delivered, translated


def _one(said: Said) -> Movement:
    (movement,) = said.movements
    return movement


def _adjusted_up(body: object, **clarus: object) -> Movement:
    return _one(translated([delivered("stock.positively_adjusted", body)], **clarus))


def test_adjustment_is_a_movement_with_what_staff_typed() -> None:
    """Every field that means something is carried over; the rest of the body is not."""
    movement = _adjusted_up(adjusted())

    assert asdict(
        Movement(
            movement_id="clarus:fernhill:stock.positively_adjusted:40117",
            kind=MovementKind.ADJUSTED_UP,
            sku="LAMP-OAK-2",
            site="HULL",
            account="FERN",
            quantity_milli=6_000,
            occurred_at=datetime(2026, 3, 5, 9, 10, tzinfo=UTC),
            received_at=datetime(2026, 3, 5, 9, 10, 5, tzinfo=UTC),
            content_hash=movement.content_hash,
            reason="FOUND",
            note="Behind the packing bench",
            stock_record="5150",
            batch="LOT-88",
            delivery="clarus.deliveries.v1/3/0",
        )
    ) == asdict(movement)


def test_meaning_decides_the_hash_and_the_way_it_came_does_not() -> None:
    """Key order, spacing, place in the log and fields nobody reads are not content."""
    body = adjusted()
    turned = dict(reversed(body.items()), new_quantity=99.0, string5="x")
    other = adjusted(quantity=7.0)
    said = translated(
        [
            delivered("stock.positively_adjusted", each, offset=offset)
            for offset, each in enumerate((body, turned, other))
        ]
    )
    first, again, changed = said.movements

    assert (first.movement_id, first.content_hash) == (again.movement_id, again.content_hash)
    assert first.movement_id == changed.movement_id
    assert first.content_hash != changed.content_hash


# What a body says, what the settings add, and what is read by it.
READINGS: list[tuple[dict[str, object], dict[str, object], str, object]] = [
    ({"account": "FERN"}, {}, "account", "FERN"),
    ({"account": None, "account_code": "FERN"}, {}, "account", "FERN"),
    ({"account": {"id": 9}}, {"account_ids": {"9": "FERN"}}, "account", "FERN"),
    ({"account": 9}, {"account_ids": {"9": "FERN"}}, "account", "FERN"),
    ({"account": None, "account_id": "9"}, {"account_ids": {"9": "FERN"}}, "account", "FERN"),
    ({"product": "LAMP-OAK-2"}, {}, "sku", "LAMP-OAK-2"),
    ({"product": {"id": 1, "code": 22041}}, {}, "sku", "22041"),
    ({"product": {"id": 1, "code": "007"}}, {}, "sku", "007"),
    ({"product": {"id": 1, "code": " A/B c%"}}, {}, "sku", " A/B c%"),
    ({"product": None, "product_code": 22041}, {}, "sku", "22041"),
    ({"product": "lamp-oak-2"}, {}, "sku", "lamp-oak-2"),
    ({"product": "lamp-oak-2"}, {"sku_case": "one"}, "sku", "LAMP-OAK-2"),
    ({"warehouse": "HULL"}, {}, "site", "HULL"),
    ({}, {"sites": {"HULL": "NORTH"}}, "site", "NORTH"),
    ({"quantity": "6.0"}, {}, "quantity_milli", 6_000),
    ({"quantity": 0.125}, {}, "quantity_milli", 125),
    ({"quantity": "6e2"}, {}, "quantity_milli", 600_000),
    ({"quantity": "6." + "0" * 58}, {}, "quantity_milli", 6_000),
    ({"quantity": -6.0}, {"quantity_sign": "either"}, "quantity_milli", 6_000),
    ({"quantity": 999_999_999.999}, {}, "quantity_milli", 999_999_999_999),
    ({"reason_code": "FOUND"}, {}, "reason", "FOUND"),
    ({"reason_code": None}, {}, "reason", None),
    ({"reason_code": ""}, {}, "reason", None),
    (
        {"reason_code": None, "why": {"no": "F1"}},
        {"names": {"reason": ["why.no"]}},
        "reason",
        "F1",
    ),
    ({"description": None, "reason": "damagd"}, {}, "note", "damagd"),
    ({"description": "two\nlines\x7f\x00"}, {}, "note", "two lines"),
    ({"description": "x" * 700}, {}, "note", "x" * 500),
    ({"description": 404}, {}, "note", "404"),
    ({"description": "", "reason": "as it says"}, {}, "note", "as it says"),
    ({"string1": "x" * 90}, {}, "batch", "x" * 60),
    ({}, {"names": {"batch": []}}, "batch", None),
    ({"stock_id": "5150"}, {}, "stock_record", "5150"),
    ({"goods_in": {"reference": "PO-9"}}, {}, "receipt", "PO-9"),
    ({"goods_out": {"reference": "SO-9"}}, {}, "order", "SO-9"),
]


@pytest.mark.parametrize(("changed", "clarus", "field", "expected"), READINGS)
def test_each_reading_of_a_field(
    changed: dict[str, object], clarus: dict[str, object], field: str, expected: object
) -> None:
    """A body may say it in several shapes, and a setting names what the vendor leaves open."""
    assert expected == getattr(_adjusted_up(adjusted(**changed), **clarus), field)


@pytest.mark.parametrize(
    ("said", "clarus", "expected"),
    [
        ("2026-03-05T09:10:00Z", {}, "2026-03-05T09:10:00+00:00"),
        ("2026-03-05T09:10:00.123Z", {}, "2026-03-05T09:10:00.123000+00:00"),
        ("2026-03-05T10:10:00+01:00", {}, "2026-03-05T09:10:00+00:00"),
        ("2026-03-05T10:10:00+0100", {}, "2026-03-05T09:10:00+00:00"),
        ("2026-03-05 09:10:00 UTC", {}, "2026-03-05T09:10:00+00:00"),
        ("2026-03-05T09:10Z", {}, "2026-03-05T09:10:00+00:00"),
        ("2026-03-05", {}, "2026-03-05T00:00:00+00:00"),
        ("2026-03-05T09:10:00", {"time_without_zone": "utc"}, "2026-03-05T09:10:00+00:00"),
    ],
)
def test_each_reading_of_a_time(said: str, clarus: dict[str, object], expected: str) -> None:
    """Times are UTC inside, whatever zone they came in."""
    movement = _adjusted_up(adjusted(created_at=said), **clarus)

    assert datetime.fromisoformat(expected) == movement.occurred_at


OWN, INNER, INNERMOST = ({"quantity": quantity} for quantity in (1, 2, 3))
ALL_THREE = adjusted() | OWN | {"data": INNER | {"attributes": INNERMOST}}
ENVELOPED = {"data": adjusted() | INNER}
IN_ATTRIBUTES = {"data": {"attributes": adjusted() | INNERMOST}}


@pytest.mark.parametrize(
    ("body", "envelope", "expected"),
    [
        (ALL_THREE, "any", 3_000),
        (ALL_THREE, "flat", 1_000),
        (ENVELOPED, "any", 2_000),
        (ENVELOPED, "data", 2_000),
        (ENVELOPED, "flat", None),
        (ENVELOPED, "attributes", None),
        (IN_ATTRIBUTES, "attributes", 3_000),
        (IN_ATTRIBUTES, "data", None),
        (adjusted() | OWN, "data", None),
        (adjusted() | OWN | {"data": {"quantity": None}}, "any", 1_000),
        (adjusted() | OWN | {"data": [INNER]}, "any", 1_000),
    ],
)
def test_each_envelope(body: dict[str, object], envelope: str, expected: int | None) -> None:
    """Where it is not known, the innermost that has a field counts; where it is, no other does."""
    said = translated([delivered("stock.positively_adjusted", body)], envelope=envelope)
    read = said.movements[0].quantity_milli if said.movements else None

    assert read == expected


def test_event_can_go_by_another_time() -> None:
    """Which time of a body is the event's is a setting by event."""
    body = adjusted(updated_at="2026-03-05T08:00:00Z")
    movement = _adjusted_up(body, occurred={"stock.positively_adjusted": "updated_at"})

    assert datetime(2026, 3, 5, 8, tzinfo=UTC) == movement.occurred_at


def test_id_of_a_record_is_told_apart_by_time_and_quantity() -> None:
    """Where an event's id names the stock record, two events of one record are two facts."""
    bodies = (
        adjusted(),
        adjusted(created_at="2026-03-05T09:09:59Z"),
        adjusted(quantity=7.0),
        adjusted(quantity="6"),
    )
    said = translated(
        [delivered("stock.received", body) for body in bodies], id_is={"stock.received": "record"}
    )
    ids = [movement.movement_id for movement in said.movements]

    assert ids[0] == "clarus:fernhill:stock.received:40117:2026-03-05T09:10:00Z:6"
    assert len(set(ids)) == 3
    assert ids[0] == ids[3]
    assert {"40117"} == {movement.stock_record for movement in said.movements}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"receipt_type": "return"}, "returned"),
        ({"receipt_type": "standard"}, "received"),
        ({"goods_in": {"receipt_type": "return", "reference": "RET-1"}}, "returned"),
        ({}, "received"),
    ],
)
def test_received_goods_are_a_return_where_the_receipt_says_so(
    body: dict[str, object], kind: str
) -> None:
    """Khaos posts a return by itself and a purchase by its invoice: they must not be mixed up."""
    assert kind == _one(translated([delivered("stock.received", adjusted(**body))])).kind.value


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"receipt_type": "return"}, "unreturned"),
        ({"receipt_type": "standard"}, "unreceived"),
        ({"goods_in": {"receipt_type": "return", "reference": "RET-1"}}, "unreturned"),
        ({}, "unreceived"),
    ],
)
def test_what_undoes_a_receipt_is_told_apart_as_the_receipt_was(
    body: dict[str, object], kind: str
) -> None:
    """A return undone must go back to cost of sale, where the return took it from."""
    assert kind == _one(translated([delivered("stock.unreceived", adjusted(**body))])).kind.value


@pytest.mark.parametrize("event", ["stock.received", "stock.unreceived"])
def test_receipt_of_no_type_may_wait_for_a_person(event: str) -> None:
    """Whether the events tell the type is not published: both answers are a setting."""
    deliveries = [delivered(event, adjusted())]
    reason = "receipt_type: there is none, and clarus.untyped_receipts refuses that"

    assert translated(deliveries, untyped_receipts="refused").reasons == [reason]
    assert translated(deliveries).fates == {"movement": 1}


@pytest.mark.parametrize("event", ["stock.received", "stock.unreceived"])
def test_unknown_type_of_receipt_waits_for_a_person(event: str) -> None:
    """The value for a return is not published: what no setting names is never guessed."""
    deliveries = [delivered(event, adjusted(receipt_type="blind"))]
    reason = (
        "receipt_type: 'blind' is neither in clarus.standard_receipts nor in clarus.return_receipts"
    )

    assert translated(deliveries).reasons == [reason]
    assert translated(deliveries, standard_receipts=["blind"]).fates == {"movement": 1}
