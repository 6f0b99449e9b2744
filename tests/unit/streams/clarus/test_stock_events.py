"""Events of stock to movements: which fact, how much, when, whose, and told apart from what."""

from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from ledger.movement import Movement, MovementKind
from tests.support.records import Said, adjusted, delivered, on_hold, transfer, translated


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


@pytest.mark.parametrize(
    ("changed", "clarus", "field", "expected"),
    [
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
        ({"quantity": "6." + "0" * 30}, {}, "quantity_milli", 6_000),
        ({"quantity": -6.0}, {"quantity_sign": "either"}, "quantity_milli", 6_000),
        ({"quantity": 999_999_999_999.999}, {}, "quantity_milli", 999_999_999_999_999),
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
        ({"description": "two\nlines\x00"}, {}, "note", "two lines"),
        ({"description": "x" * 700}, {}, "note", "x" * 500),
        ({"description": 404}, {}, "note", "404"),
        ({"string1": "x" * 90}, {}, "batch", "x" * 60),
        ({}, {"names": {"batch": []}}, "batch", None),
        ({"stock_id": "5150"}, {}, "stock_record", "5150"),
        ({"goods_in": {"reference": "PO-9"}}, {}, "receipt", "PO-9"),
        ({"goods_out": {"reference": "SO-9"}}, {}, "order", "SO-9"),
    ],
)
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


def test_unknown_type_of_receipt_waits_for_a_person() -> None:
    """The value for a return is not published: what no setting names is never guessed."""
    deliveries = [delivered("stock.received", adjusted(receipt_type="blind"))]
    reason = (
        "receipt_type: 'blind' is neither in clarus.standard_receipts nor in clarus.return_receipts"
    )

    assert translated(deliveries).reasons == [reason]
    assert translated(deliveries, standard_receipts=["blind"]).fates == {"movement": 1}


class TestHolds:
    """A hold sets the state of a whole stock record, and may come again byte for byte."""

    def test_hold_carries_the_record_and_its_quantity(self) -> None:
        """The body is the stock record itself, unless a setting says otherwise."""
        movement = _one(translated([delivered("stock.placed_on_hold", on_hold())]))

        assert movement.kind == MovementKind.HELD
        assert (movement.stock_record, movement.quantity_milli) == ("5150", 18_000)
        assert (movement.reason, movement.note) == ("CHECK", "Veneer lifting")

    def test_holds_that_look_alike_are_two_facts_under_the_arrival_clock(self) -> None:
        """The place in the log tells them apart, even in one batch and in one delivery."""
        twice = [on_hold(), on_hold()]
        deliveries = [
            delivered("stock.placed_on_hold", on_hold(), offset=7),
            delivered("stock.placed_on_hold", on_hold(), offset=8),
            delivered("stock.placed_on_hold", twice, offset=9),
        ]
        ids = [movement.movement_id for movement in translated(deliveries).movements]

        assert ids[0] == "clarus:fernhill:stock.placed_on_hold:5150:2026-03-05T09:10:05Z:3/7"
        assert len(set(ids)) == 4

    def test_body_time_says_which_side_of_the_opening_a_hold_is_on(self) -> None:
        """Under the arrival clock it orders nothing; without it the time of receipt stands in."""
        deliveries = [
            delivered("stock.placed_on_hold", on_hold()),
            delivered("stock.placed_on_hold", on_hold(updated_at=None)),
        ]
        with_time, without = translated(deliveries).movements

        assert datetime(2026, 3, 5, 9, 9, 30, tzinfo=UTC) == with_time.occurred_at
        assert without.received_at == without.occurred_at

    @pytest.mark.parametrize("clock", ["created_at", "updated_at"])
    def test_body_clock_gives_the_time_and_the_id(self, clock: str) -> None:
        """A hold told twice is then one fact; one told later is another."""
        body = on_hold(**{"updated_at": None, clock: "2026-03-05T09:00:00Z"})
        later = {**body, clock: "2026-03-05T09:01:00Z"}
        deliveries = [
            delivered("stock.released_from_hold", each, offset=offset)
            for offset, each in enumerate((body, body, later))
        ]
        first, again, other = translated(deliveries, hold_time=clock).movements

        assert datetime(2026, 3, 5, 9, tzinfo=UTC) == first.occurred_at
        assert (first.movement_id, first.content_hash) == (again.movement_id, again.content_hash)
        assert first.movement_id != other.movement_id

    def test_body_clock_needs_its_time(self) -> None:
        """Without it the hold cannot be put in order, and is not guessed."""
        said = translated([delivered("stock.placed_on_hold", on_hold())], hold_time="created_at")

        assert (said.reasons) == [
            "created_at: there is none, and clarus.hold_time orders holds by it"
        ]

    def test_hold_may_be_a_transaction(self) -> None:
        """The other reading of the vendor's words: then the record has a field of its own."""
        body = on_hold(id=70001, stock_id=5150)
        deliveries = [delivered("stock.placed_on_hold", body)]
        movement = _one(translated(deliveries, id_is={"stock.placed_on_hold": "transaction"}))

        assert movement.stock_record == "5150"
        assert movement.movement_id.startswith("clarus:fernhill:stock.placed_on_hold:70001:")

    def test_release_may_find_nothing_left(self) -> None:
        """All of the record may have gone by then; a hold of nothing is a mistake."""
        nothing = on_hold(quantity=0)

        assert translated([delivered("stock.released_from_hold", nothing)]).fates == {"movement": 1}
        assert translated([delivered("stock.placed_on_hold", nothing)]).fates == {"quarantined": 1}


class TestAccountTransfers:
    """Goods change owner in place: two movements of one group, or the one leg that is ours."""

    def test_both_legs_of_one_company(self) -> None:
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
        self, ours: str, kind: str, account: str, counterpart: str
    ) -> None:
        """The goods left or joined the company: finance is told whose they are."""
        deliveries = [delivered("stock.account_transferred", transfer())]
        movement = _one(translated(deliveries, accounts=[ours]))

        assert (kind, account, counterpart) == (
            movement.kind.value,
            movement.account,
            movement.counterpart,
        )

    def test_two_foreign_legs_are_foreign(self) -> None:
        """It happened between two others in the same warehouse."""
        said = translated([delivered("stock.account_transferred", transfer())], accounts=["OURS"])

        assert said.fates == {"foreign": 1}

    def test_id_of_the_transfer_goes_before_that_of_its_source(self) -> None:
        """Where the body has an id of its own, it names the action."""
        said = translated([delivered("stock.account_transferred", transfer(id=40300))])

        assert {"clarus:fernhill:stock.account_transferred:40300"} == {
            movement.group for movement in said.movements
        }

    def test_source_may_be_negative(self) -> None:
        """A source that says minus agrees with the event; a target that does is refused."""
        body = transfer()
        source = {**body["transaction_source"], "quantity": -3.0}
        target = {**body["transaction_target"], "quantity": -3.0}
        agreed = delivered("stock.account_transferred", {**body, "transaction_source": source})
        refused = delivered("stock.account_transferred", {**body, "transaction_target": target})

        assert translated([agreed, refused]).fates == {"movement": 1, "quarantined": 1}

    def test_reason_of_the_whole_is_that_of_the_legs(self) -> None:
        """The reason may stand beside the transactions instead of inside them."""
        body = transfer(reason_code={"code": "SOLD"}, description="Sold to the sister company")
        said = translated([delivered("stock.account_transferred", body)])

        assert {("SOLD", "Sold to the sister company")} == {
            (movement.reason, movement.note) for movement in said.movements
        }

    @pytest.mark.parametrize("missing", ["transaction_source", "transaction_target"])
    def test_half_a_transfer_is_none(self, missing: str) -> None:
        """All or nothing: no leg is written of a transfer that lacks the other."""
        said = translated([delivered("stock.account_transferred", transfer(**{missing: None}))])

        assert [f"{missing}: there is none"] == said.reasons
        assert said.movements == []

    def test_legs_must_agree(self) -> None:
        """What one account gave is what the other got."""
        body = transfer()
        target = {**body["transaction_target"], "quantity": 4.0}
        said = translated(
            [delivered("stock.account_transferred", {**body, "transaction_target": target})]
        )

        assert said.reasons == ["the two transactions of the transfer differ in quantity"]
