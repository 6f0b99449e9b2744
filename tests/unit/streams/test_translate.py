"""The lane of translate: one fate an item, everything written where it belongs, nothing stopped."""

from typing import Any

import orjson
import pytest

from ledger.wire import parse_movement, render_movement
from streams.clarus.delivery import ACCEPTS, REPLAY_OF
from streams.engine.errors import RefusesToRun
from streams.partitions import partition_of
from streams.settings import Settings
from streams.topics import HELD, MOVEMENTS, QUARANTINE
from streams.translate import Translate, require_accounts
from tests.support.records import (
    Delivered,
    adjusted,
    delivered,
    on_hold,
    order,
    receipt,
    settings,
    transfer,
    translated,
)

UP = "stock.positively_adjusted"
SURROGATE = b'"\\ud800x"'


def _raw(noun: str, value: bytes) -> bytes:
    """Return an adjustment with one field written by hand."""
    return orjson.dumps(adjusted(**{noun: "@"})).replace(b'"@"', value)


BELOW_ZERO = (
    "quantity: -2.5 is below zero, and the event already says which way it goes "
    '(clarus.quantity_sign = "either" takes the amount)'
)
# By what is wrong: the body of a positive adjustment, and the reason a person reads.
POISON: dict[str, tuple[Any, str]] = {
    "no product": (adjusted(product=None), "product.code: there is none"),
    "no code in the product": (adjusted(product={"id": 7}), "product.code: there is none"),
    "empty code": (adjusted(product={"code": ""}), "product.code: there is none"),
    "blank code": (adjusted(product={"code": " \u00a0"}), "product.code: there is none"),
    "code that is a truth": (adjusted(product={"code": True}), "product.code: True is no code"),
    "code that is an object": (adjusted(product={"code": {}}), "product.code: there is none"),
    "code that is an array": (adjusted(product={"code": ["A"]}), "product.code: there is none"),
    "code that is a fraction": (
        adjusted(product={"code": 1.5}),
        "product.code: 1.5 is no code, because it is no whole number",
    ),
    "code of 61 characters": (
        adjusted(product={"code": "x" * 61}),
        "product.code: longer than 60 characters",
    ),
    "code with a line break": (
        adjusted(product={"code": "A\nB"}),
        "product.code: has characters that no code can have",
    ),
    "code with a zero byte": (
        adjusted(product={"code": "\0mark"}),
        "product.code: has characters that no code can have",
    ),
    "code with a lone surrogate": (
        _raw("product_code", SURROGATE).replace(b'"product"', b'"other"'),
        "product.code: has characters that no code can have",
    ),
    "product that is a number": (adjusted(product=7), "product.code: there is none"),
    "no account": (adjusted(account=None), "account.code: there is none"),
    "account of an id only": (
        adjusted(account={"id": 3}),
        "account: only an id (3) is given, and clarus.account_ids does not name it",
    ),
    "no warehouse": (adjusted(warehouse=None), "warehouse.code: there is none"),
    "no id": (adjusted(id=None), "id: there is none"),
    "empty id": (adjusted(id=""), "id: there is none"),
    "id that is a fraction": (
        _raw("id", b"1.5"),
        "id: 1.5 is no code, because it is no whole number",
    ),
    "id of a thousand digits": (_raw("id", b"9" * 1_000), "id: longer than 60 characters"),
    "no quantity": (adjusted(quantity=None), "quantity: there is none"),
    "null quantity": (_raw("quantity", b"null"), "quantity: there is none"),
    "empty quantity": (adjusted(quantity=""), "quantity: there is none"),
    "quantity that is an object": (adjusted(quantity={"of": 2}), "quantity: there is none"),
    "quantity zero": (adjusted(quantity=0), "quantity: zero moves nothing"),
    "quantity minus zero": (_raw("quantity", b"-0.0"), "quantity: zero moves nothing"),
    "quantity below zero": (
        adjusted(quantity=-2.5),
        BELOW_ZERO,
    ),
    "quantity that is a truth": (adjusted(quantity=True), "quantity: True is not a number"),
    "quantity in words": (adjusted(quantity="six"), "quantity: 'six' is not a number"),
    "quantity with a comma": (adjusted(quantity="1,5"), "quantity: '1,5' is not a number"),
    "quantity with a space": (adjusted(quantity=" 6"), "quantity: ' 6' is not a number"),
    "quantity in other digits": (adjusted(quantity="٦"), "quantity: '٦' is not a number"),
    "quantity in hexadecimal": (adjusted(quantity="0x6"), "quantity: '0x6' is not a number"),
    "quantity NaN as text": (adjusted(quantity="NaN"), "quantity: 'NaN' is not a number"),
    "quantity Infinity as text": (
        adjusted(quantity="Infinity"),
        "quantity: 'Infinity' is not a number",
    ),
    "quantity NaN": (_raw("quantity", b"NaN"), "the body has NaN where JSON knows numbers only"),
    "quantity Infinity": (
        _raw("quantity", b"Infinity"),
        "the body has Infinity where JSON knows numbers only",
    ),
    "quantity 1e400": (_raw("quantity", b"1e400"), "quantity: 1e400 is larger than any stock"),
    "quantity 1e99999": (_raw("quantity", b"1e99999"), "quantity: '1e99999' is not a number"),
    "quantity 2^63": (
        _raw("quantity", b"9223372036854775808"),
        "quantity: 9223372036854775808 is larger than any stock",
    ),
    "quantity of four places": (
        _raw("quantity", b"0.0001"),
        "quantity: 0.0001 is not a number with at most 3 places",
    ),
    "quantity with a place a float cannot see": (
        _raw("quantity", b"1.0000000000000000000000000000000001"),
        "quantity: 1.0000000000000000000000000000000001 is not a number with at most 3 places",
    ),
    "quantity of a thousand digits": (
        _raw("quantity", b"1" * 1_000),
        "quantity: longer than 60 characters",
    ),
    "no time": (adjusted(created_at=None), "created_at: there is none"),
    "time in words": (
        adjusted(created_at="yesterday"),
        "created_at: 'yesterday' is not a date and time",
    ),
    "time that is a number": (
        adjusted(created_at=1_772_701_800),
        "created_at: '1772701800' is not a date and time",
    ),
    "time without a zone": (
        adjusted(created_at="2026-03-05T09:10:00"),
        "created_at: 2026-03-05T09:10:00 has no time zone",
    ),
    "day that does not exist": (
        adjusted(created_at="2026-02-30T09:10:00Z"),
        "created_at: 2026-02-30T09:10:00Z is no day or no time that exists",
    ),
    "leap second": (
        adjusted(created_at="2026-03-05T23:59:60Z"),
        "created_at: 2026-03-05T23:59:60Z is no day or no time that exists",
    ),
    "year 9999": (
        adjusted(created_at="9999-12-31T23:59:59Z"),
        "created_at: 9999-12-31 23:59:59+00:00 is more than a day after it was received",
    ),
    "past the end of time": (
        adjusted(created_at="9999-12-31T23:59:59-12:00"),
        "created_at: 9999-12-31T23:59:59-12:00 is no day or no time that exists",
    ),
    "before the beginning of time": (
        adjusted(created_at="0001-01-01T00:00:00+12:00"),
        "created_at: 0001-01-01T00:00:00+12:00 is no day or no time that exists",
    ),
    "clock never set": (
        adjusted(created_at="1970-01-01T00:00:00Z"),
        "created_at: 1970-01-01 00:00:00+00:00 is before the year 2000",
    ),
    "more than a day ahead": (
        adjusted(created_at="2026-03-06T09:10:06Z"),
        "created_at: 2026-03-06 09:10:06+00:00 is more than a day after it was received",
    ),
    "reason of 61 characters": (
        adjusted(reason_code="x" * 61),
        "reason_code.code: longer than 60 characters",
    ),
    "note with a lone surrogate": (
        _raw("description", SURROGATE),
        "description: has half a character (a lone surrogate)",
    ),
    "twenty levels deep": (
        adjusted(extra=orjson.loads(b"[" * 19 + b"]" * 19)),
        "nested 20 levels deep or deeper",
    ),
    "ten thousand levels deep": (
        b"[" * 10_000 + b"]" * 10_000,
        "the body is nested too deeply to be read",
    ),
    "a name twice": (
        b'{"quantity": 1, "quantity": 100}',
        "an object of the body has the same name twice",
    ),
    "no JSON": (b"id=7&quantity=1", "the body is not JSON: Expecting value at 0"),
    "no UTF-8": (b'{"id": "\xe9"}', "the body is not UTF-8 text"),
    "no object": (b"7", "neither a JSON object nor an array of them"),
    "nothing": (b"", "the body is not JSON: Expecting value at 0"),
    "an empty array": (b"[]", "an array without a record"),
    "an empty object": ({}, "account.code: there is none"),
}


@pytest.mark.parametrize("wrong", POISON)
def test_poison_is_set_aside_with_its_bytes_and_a_reason(wrong: str) -> None:
    """What is no movement goes to quarantine as it came, and what comes after it goes on."""
    body, reason = POISON[wrong]
    poison = delivered(UP, body)
    said = translated([poison, delivered(UP, adjusted(), offset=1)])
    ((key, value, _),) = said.sends(QUARANTINE.name)

    assert [reason] == said.reasons
    assert (b"clarus.deliveries.v1/3/0", poison.value) == (key, value)
    assert said.fates == {"movement": 1, "quarantined": 1}


def test_edge_of_the_allowed_is_no_poison() -> None:
    """A day ahead of its receipt, 60 characters, three places, the largest stock: all fine."""
    edges = [
        {"created_at": "2026-03-06T09:10:05Z"},
        {"created_at": "2000-01-01T00:00:00Z"},
        {"product": {"code": "x" * 60}},
        {"quantity": "0.001"},
        {"quantity": "1000000000000"},
        {"extra": orjson.loads(b"[" * 18 + b"]" * 18)},
    ]
    said = translated([delivered(UP, adjusted(**changed)) for changed in edges])

    assert {"movement": len(edges)} == said.fates


def test_each_record_of_an_array_has_a_fate_of_its_own() -> None:
    """A bad record is set aside alone: replaying it must not tell the others again."""
    foreign = adjusted(account={"code": "SOMEBODY"})
    records = [adjusted(), adjusted(id=2, quantity=0), foreign, adjusted(id=3)]
    said = translated([delivered(UP, records)])
    ((_, value, headers),) = said.sends(QUARANTINE.name)

    assert said.fates == {"movement": 2, "foreign": 1, "quarantined": 1}
    assert {"deliveries": 1, "items": 4}.items() <= said.counts.items()
    assert orjson.dumps(records[1]) == value
    assert dict(headers)["item"] == b"1"


def test_quarantine_keeps_where_it_came_from() -> None:
    """The headers of the delivery are kept beside the reason, so that it can be replayed."""
    said = translated([delivered("stock.teleported", {"id": 1}, offset=42)])
    ((_, _, headers),) = said.sends(QUARANTINE.name)
    found = dict(headers)

    assert found["origin"] == b"clarus.deliveries.v1/3/42"
    assert found["original-clarus_event"] == b"teleported"
    assert found["original-clarus_tenant"] == b"fernhill"


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("clarus_resource", "the delivery has no header clarus_resource"),
        ("clarus_event", "the delivery has no header clarus_event"),
    ],
)
@pytest.mark.parametrize("value", [None, b""])
def test_delivery_that_names_no_event_is_set_aside(
    missing: str, reason: str, value: bytes | None
) -> None:
    """A bridge of the customer's own may leave a header out, or write one without a value."""
    whole = delivered(UP, adjusted())
    kept = [(name, said) for name, said in whole.headers if name != missing]
    empty: Any = [*kept, (missing, value)]
    said = translated([Delivered(whole.value, kept), Delivered(whole.value, empty)])

    assert [reason, reason] == said.reasons


def test_delivery_needs_no_tenant_but_must_not_name_another() -> None:
    """One ledger is one tenant's; the ids of its movements begin with it."""
    whole = delivered(UP, adjusted())
    anonymous = Delivered(whole.value, whole.headers[:2])
    said = translated([anonymous, delivered(UP, adjusted(), clarus_tenant="other")])

    assert said.fates == {"movement": 1, "quarantined": 1}
    assert said.reasons == ["it is of tenant 'other', and this ledger is of 'fernhill'"]


def test_record_without_a_value_is_set_aside() -> None:
    """A tombstone is no delivery."""
    said = translated([Delivered(None, delivered(UP, {}).headers)])

    assert said.fates == {"quarantined": 1}


def test_foreign_accounts_leave_nothing_but_a_count() -> None:
    """Another owner's stock is not kept, not even where its body is bad."""
    foreign = {"account": {"code": "SOMEBODY"}}
    bodies = [
        delivered(UP, adjusted(**foreign)),
        delivered(UP, adjusted(**foreign, quantity="bad", product=None)),
        delivered("stock.placed_on_hold", on_hold(**foreign)),
        delivered("goods_in.created", receipt(**foreign)),
    ]
    said = translated(bodies)

    assert said.fates == {"foreign": 4}
    assert not said.cut.outputs


@pytest.mark.parametrize("sku", ["LAMP-OAK-2", "A/B", "ünïcode", "22041"])
def test_movement_goes_where_every_writer_puts_its_sku(sku: str) -> None:
    """keep_stock's lane of a partition owns a SKU whole: the partition is never left to chance."""
    said = translated([delivered(UP, adjusted(product={"code": sku}))])
    (place,) = said.cut.outputs
    (((key, _, _)),) = said.sends(MOVEMENTS.name)

    assert (MOVEMENTS.name, partition_of(sku.encode(), settings().partitions)) == place
    assert sku.encode() == key


def test_movement_carries_the_headers_of_an_event() -> None:
    """CloudEvents: the id of the fact and the time it happened."""
    ((_, _, headers),) = translated([delivered(UP, adjusted())]).sends(MOVEMENTS.name)
    found = dict(headers)

    assert found["ce_id"] == b"clarus:fernhill:stock.positively_adjusted:40117"
    assert found["ce_time"] == b"2026-03-05T09:10:00Z"
    assert found["ce_type"] == b"stock.movements.v1"


def test_same_deliveries_give_the_same_bytes() -> None:
    """After a restart the same records are said again, byte for byte."""
    events = {
        UP: adjusted(),
        "stock.placed_on_hold": on_hold(),
        "stock.account_transferred": transfer(),
        "goods_out.created": order(),
        "stock.teleported": {},
    }
    deliveries = [
        delivered(event, body, offset=n) for n, (event, body) in enumerate(events.items())
    ]

    assert translated(deliveries).cut == translated(deliveries).cut


def test_replayed_delivery_is_translated_as_any_other() -> None:
    """The header of a replay changes no movement."""
    plain = translated([delivered(UP, adjusted())])
    plain_record = delivered(UP, adjusted())
    headers = [*plain_record.headers, (REPLAY_OF, b"stock.quarantine.v1/1/2")]
    replayed = translated([Delivered(plain_record.value, headers)])

    assert plain.movements == replayed.movements


def test_cut_takes_what_was_said_once_and_counts_go_on() -> None:
    """What one transaction has said the next does not say again."""
    lane = Translate(3, settings())
    lane.restore({}, {"deliveries": 10, "items": 11, "movement": 11, "movements": 12}, {})
    lane.fold([delivered(UP, adjusted())])
    first, second = lane.cut(), lane.cut()

    assert sum(map(len, first.outputs.values())) == 1
    assert not second.outputs
    assert second.counts == {"deliveries": 11, "items": 12, "movement": 12, "movements": 13}


class TestAcceptedMovements:
    """A movement that was kept apart and that a person accepts."""

    def _kept_apart(self) -> bytes:
        (movement,) = translated([delivered(UP, adjusted())]).movements
        return render_movement(movement)

    def _accepts(self, value: bytes, named: str, offset: int = 9) -> Delivered:
        return Delivered(value, [(ACCEPTS, named.encode())], offset, timestamp=1_772_800_000_000)

    def test_it_is_a_fact_of_its_own_that_names_the_other(self) -> None:
        """Its id is computed: accepting twice is accepting once."""
        value = self._kept_apart()
        before = parse_movement(value)
        deliveries = [
            self._accepts(value, before.movement_id, 9),
            self._accepts(value, before.movement_id, 10),
        ]
        said = translated(deliveries)
        first, again = said.movements

        assert f"accepted:{before.movement_id}:{before.content_hash}" == first.movement_id
        assert before.movement_id == first.accepts
        assert (first.movement_id, first.content_hash) == (again.movement_id, again.content_hash)
        assert (before.sku, before.quantity_milli, before.occurred_at) == (
            first.sku,
            first.quantity_milli,
            first.occurred_at,
        )
        assert first.received_at > before.received_at
        assert said.fates == {"movement": 2}

    @pytest.mark.parametrize("value", [b"", b"{}", b"nonsense"])
    def test_bytes_that_are_no_movement_are_set_aside(self, value: bytes) -> None:
        """What a person may accept is a movement of ours."""
        assert translated([self._accepts(value, "clarus:x")]).fates == {"quarantined": 1}

    def test_it_must_be_the_movement_that_was_named(self) -> None:
        """Header and bytes agree, or a person looks again."""
        said = translated([self._accepts(self._kept_apart(), "clarus:other")])

        assert said.fates == {"quarantined": 1}
        assert said.reasons[0].startswith("it accepts 'clarus:other', and its bytes are 'clarus:")


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


def test_worker_without_an_account_refuses_to_run() -> None:
    """Else every movement would be counted as somebody else's, and no figure would ever move."""
    nobody = Settings.model_validate({"clarus": {"tenant": "fernhill"}})

    with pytest.raises(RefusesToRun, match="STOCK_CLARUS__ACCOUNTS"):
        require_accounts(nobody)
    with pytest.raises(RefusesToRun, match="accounts"):
        Translate(3, nobody)


def test_every_event_of_a_setting_must_exist() -> None:
    """A misspelt event would silently leave an assumption as it was."""
    with pytest.raises(ValueError, match=r"Clarus has no event 'stock\.recieved'"):
        settings(id_is={"stock.recieved": "record"})
