"""The lane of translate: one fate an item, everything written where it belongs, nothing stopped."""

from typing import Any

import orjson
import pytest

from streams.clarus.delivery import REPLAY_OF
from streams.clarus.fields import LINES_MAX
from streams.engine.errors import RefusesToRun
from streams.headers import LEFT_OUT, QUARANTINED_BYTES_MAX
from streams.partitions import partition_of
from streams.settings import Settings
from streams.topics import MOVEMENTS, QUARANTINE
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


KAFKA_RECORD_BYTES_MAX = 1_000_000  # 1 MiB, less room for the batch around it


@pytest.mark.parametrize("feed", ["stock", "headers"])
@pytest.mark.parametrize("event", ["goods_out.created", "goods_out.completed", "stock.picked"])
def test_nothing_outgrows_a_record_of_kafka(event: str, feed: str) -> None:
    """A record that the broker refuses would end the worker, and again after every restart."""
    lines = [
        {
            "id": n,
            "product_code": f"{n:060d}",
            "external_system_reference1": "x" * 60,
            "dispatch_quantity": "1e6",
        }
        for n in range(LINES_MAX)
    ]
    many = [{"id": n} for n in range(LINES_MAX + 1)]
    large = [(f"h{n}", b"x" * 5_000) for n in range(100)]
    said = translated(
        [
            delivered(event, order(lines=lines)),
            delivered(event, order(lines=many), offset=1),
            Delivered(b"[" + b"x" * 5_000_000, [*delivered(event, b"").headers, *large]),
        ],
        feed=feed,
    )
    sends = [send for place in said.cut.outputs.values() for send in place]
    sizes = [
        len(value or b"") + sum(len(name) + len(text or b"") for name, text in headers)
        for _, value, headers in sends
    ]
    sizes += [len(value or b"") for _, value in said.cut.changelog]

    assert max(sizes) < KAFKA_RECORD_BYTES_MAX
    assert said.counts["quarantined"] == (1 if event == "stock.picked" else 2)


@pytest.mark.parametrize(("feed", "fate"), [("stock", "held"), ("headers", "movement")])
def test_the_largest_order_of_a_year_is_taken(feed: str, fate: str) -> None:
    """A real shop's order of 1,114 lines; set aside, it would have left the building unseen."""
    lines = [
        {"id": n, "product": {"code": f"{n:05d}"}, "order_quantity": 6, "dispatch_quantity": 6}
        for n in range(1_114)
    ]
    said = translated([delivered("goods_out.completed", order(lines=lines))], feed=feed)

    assert said.fates == {fate: 1}
    assert len(said.movements) == (1_114 if feed == "headers" else 0)


def test_what_is_left_out_of_the_quarantine_is_counted() -> None:
    """Whoever looks is told how much there is at the origin."""
    whole = delivered(UP, b"x" * (QUARANTINED_BYTES_MAX + 7))
    ((_, value, headers),) = translated([whole]).sends(QUARANTINE.name)

    assert len(value or b"") == QUARANTINED_BYTES_MAX
    assert dict(headers)[LEFT_OUT] == b"7"


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


@pytest.mark.parametrize("timestamp_ms", [-1, 0, 2**63 - 1, -(2**63)])
def test_clock_of_the_record_itself_stops_nothing(timestamp_ms: int) -> None:
    """A topic that is not ours may take any number for a time."""
    whole = delivered(UP, adjusted())
    strange = Delivered(whole.value, whole.headers, timestamp=timestamp_ms)
    bad = Delivered(b"", whole.headers, timestamp=timestamp_ms)

    assert translated([strange, bad]).counts["items"] == 2


def test_record_without_a_value_is_set_aside() -> None:
    """A tombstone is no delivery."""
    said = translated([Delivered(None, delivered(UP, {}).headers)])

    assert said.fates == {"quarantined": 1}


def test_foreign_accounts_leave_nothing_but_a_count() -> None:
    """Another owner's stock is not kept, not even where its body is bad."""
    foreign = {"account": {"code": "SOMEBODY"}}
    bodies = [
        delivered(UP, adjusted(**foreign)),
        delivered(UP, adjusted(account=12)),
        delivered(UP, adjusted(**foreign, quantity="bad", product=None)),
        delivered("stock.placed_on_hold", on_hold(**foreign)),
        delivered("goods_in.created", receipt(**foreign)),
    ]
    said = translated(bodies, account_ids={"12": "SOMEBODY"})

    assert said.fates == {"foreign": 5}
    assert not said.cut.outputs


def test_a_code_is_no_id_and_an_id_no_code() -> None:
    """Two owners may be 77 to Clarus and "3" to people: a number of the one is not the other's."""
    ids = {"3": "FERN"}  # of an account of ours
    of_another = translated(
        [delivered(UP, adjusted(account={"id": 77, "code": "3"}))], account_ids=ids
    )
    untold = translated([delivered(UP, adjusted(account={"id": 100}))], accounts=["100"])

    assert of_another.fates == {"foreign": 1}
    assert untold.fates == {"quarantined": 1}


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
