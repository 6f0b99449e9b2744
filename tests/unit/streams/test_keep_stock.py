"""keep_stock without Kafka: the fate of every movement, and what is said of it."""

from datetime import timedelta

import pytest

from ledger.chart import DEFAULT_CHART, Reason, chart_with
from ledger.errors import BrokenInvariant
from ledger.movement import MovementKind, Opened
from ledger.wire import render_chart, render_movement
from streams.engine.errors import RefusesToRun
from streams.partitions import partition_of
from streams.topics import AVAILABILITY, JOURNAL, JOURNAL_PARTITIONS
from tests.support.keeping import Keeping, Record
from tests.support.movements import ACCOUNT, AT, SITE, SKU, movement, product

K = MovementKind
HOUR = timedelta(hours=1)
ID = "clarus:northpeak:stock.received:1"


def test_a_movement_is_applied_entered_and_stated() -> None:
    """One movement with a cost: a card, one entry, one availability, and nothing for a person."""
    lane = Keeping()
    lane.say(product("550"), movement(1, quantity="6"))
    said = lane.cut()

    assert [entry["movement_id"] for entry in said.journal] == [ID]
    assert [(a["version"], a["available"]) for a in said.availability] == [(2, "6")]
    assert (said.exceptions, said.quarantine) == ([], [])
    assert said.counts == {"controls": 1, "products": 1, "applied": 1, "entries": 1}


def test_every_record_carries_cloudevents_headers() -> None:
    """In binary mode, with an id that saying a thing twice would repeat."""
    lane = Keeping()
    lane.say(product("550"), movement(1))
    headers = {topic: dict(sends[0][2]) for (topic, _), sends in lane.cut().cut.outputs.items()}

    assert headers[JOURNAL.name]["ce_id"] == f"entry:{ID}".encode()
    assert headers[AVAILABILITY.name]["ce_id"] == f"{SKU}:2".encode()
    for each in headers.values():
        assert each["ce_specversion"] == b"1.0"
        assert each["content-type"] == b"application/json"
        assert each["ce_source"] == b"stock-ledger/keep_stock/0"
        assert each["ce_time"].endswith(b"Z")


def test_availability_is_said_once_a_cut() -> None:
    """However many movements the batch held; not at all where nothing it states has changed."""
    lane = Keeping()
    lane.take(movement(n) for n in range(20))
    assert [a["version"] for a in lane.cut().availability] == [20]
    lane.say(movement(1), product("550"))
    assert [a["version"] for a in lane.cut().availability] == [21]
    lane.say(product("560", 2))

    assert lane.cut().availability == []


def test_a_category_s_entries_stand_in_one_partition() -> None:
    """Where any writer's default partitioner puts their key."""
    lane = Keeping()
    lane.say(product("550"), movement(1), movement(2, K.DISPATCHED))
    for (topic, partition), sends in lane.cut().cut.outputs.items():
        for key, _, _ in sends:
            if topic == JOURNAL.name:
                assert partition == partition_of(key or b"", JOURNAL_PARTITIONS)


def test_without_a_cost_a_movement_is_parked_until_there_is_one() -> None:
    """The level changes at once; the entry is written when Khaos tells the cost."""
    lane = Keeping()
    lane.say(movement(1, quantity="6"), movement(2, K.DISPATCHED, "2"))
    first = lane.cut()
    assert (first.journal, first.counts["parked"]) == ([], 2)
    assert first.exceptions == [(f"E03:{SKU}", "raised")]
    lane.say(product("0"))
    assert lane.cut().journal == []
    lane.say(product("550", 2))
    second = lane.cut()

    assert [entry["value_pence"] for entry in second.journal] == [3_300, -1_100]
    assert [entry["source"] for entry in second.journal] == [
        "stock.movements.v1/0/1",
        "stock.movements.v1/0/2",
    ]
    assert second.exceptions == [(f"E03:{SKU}", "cleared")]
    assert (second.counts["entries"], second.counts.get("parked")) == (2, None)


def test_a_code_nobody_mapped_is_parked_until_a_chart_is_applied() -> None:
    """Each such movement is an exception of its own; the mapping is a record."""
    lane = Keeping()
    coded = movement(1, K.ADJUSTED_UP, "2", reason="BRK")
    lane.say(product("550"), coded)
    first = lane.cut()
    assert first.exceptions == [(f"E02:{coded.movement_id}", "raised")]
    chart = chart_with((), (Reason("BRK", "breakage"),), ())
    lane.say(render_chart(chart))
    second = lane.cut()

    assert [(e["category"], e["rules"]) for e in second.journal] == [("breakage", chart.rules)]
    assert second.exceptions == [(f"E02:{coded.movement_id}", "cleared")]
    assert second.notices[0]["raised_at"] == "2026-07-03T09:20:07Z"


def test_a_mapping_may_come_before_a_cost() -> None:
    """What stands for a parked movement is what it lacks now."""
    lane = Keeping()
    coded = movement(1, K.ADJUSTED_UP, reason="BRK")
    lane.say(coded)
    assert lane.cut().exceptions == [(f"E02:{coded.movement_id}", "raised")]
    lane.say(render_chart(chart_with((), (Reason("BRK", "breakage"),), ())))
    assert lane.cut().exceptions == [
        (f"E02:{coded.movement_id}", "cleared"),
        (f"E03:{SKU}", "raised"),
    ]
    lane.say(render_chart(DEFAULT_CHART))
    assert lane.cut().exceptions == [
        (f"E02:{coded.movement_id}", "raised"),
        (f"E03:{SKU}", "cleared"),
    ]


def test_the_chart_in_force_outlives_a_restart() -> None:
    """The settings' chart is where a lane begins; an applied one stays until another is."""
    lane = Keeping()
    chart = chart_with((), (Reason("BRK", "breakage"),), ())
    lane.say(render_chart(chart), product("550"))
    again = lane.restarted()
    again.say(movement(1, K.ADJUSTED_DOWN, reason="BRK"))

    assert [e["rules"] for e in again.cut().journal] == [chart.rules]


def test_a_hold_says_why_it_has_no_entry() -> None:
    """Every movement has an entry or a stated reason, with or without a cost."""
    lane = Keeping()
    lane.say(movement(1, K.HELD, stock_record="r"))
    (entry,) = lane.cut().journal

    assert (entry["category"], entry["postings"]) == ("hold", [])
    assert entry["no_entry_because"]


def test_a_repeat_has_no_effect() -> None:
    """The same movement again: counted, nothing else."""
    lane = Keeping()
    lane.say(product("550"), movement(1))
    lane.cut()
    lane.say(movement(1, delivery="clarus.deliveries.v1/0/7"))
    said = lane.cut()

    assert (said.journal, said.availability, said.cut.changelog) == ([], [], [])
    assert said.counts["repeated"] == 1


def test_a_conflict_is_kept_apart_for_a_person() -> None:
    """The first stands; the other's bytes go to quarantine, with what a replay needs."""
    lane = Keeping()
    other = movement(1, quantity="9")
    lane.say(movement(1), other)
    said = lane.cut()
    ((headers, value),) = said.quarantine

    assert value == render_movement(other)
    assert (headers["class"], headers["movement_id"]) == ("E04", ID)
    assert headers["origin"] == "stock.movements.v1/0/2"
    assert (f"E04:{other.told}", "raised") in said.exceptions
    assert said.counts["conflict"] == 1


def test_an_accepted_conflict_applies_once() -> None:
    """A person's word lets it in under an id of its own, and clears the exception."""
    lane = Keeping()
    other = movement(1, quantity="9")
    lane.say(product("550"), movement(1), other)
    lane.cut()
    accepted = movement(1, quantity="9", movement_id=other.accepted_id, accepts=ID)
    lane.say(accepted, accepted)
    said = lane.cut()

    assert (f"E04:{other.told}", "cleared") in said.exceptions
    assert said.availability[0]["available"] == "10"
    assert (said.counts["applied"], said.counts["repeated"]) == (2, 1)


def test_a_movement_too_old_to_tell_is_kept_apart() -> None:
    """It may be a repeat of one that is forgotten: never guessed."""
    lane = Keeping()
    lane.take(movement(day, at=AT + timedelta(days=day)) for day in range(20))
    lane.cut()
    late = movement(99)
    lane.say(late)
    said = lane.cut()

    assert said.exceptions == [(f"E05:{late.told}", "raised")]
    assert [headers["class"] for headers, _ in said.quarantine] == ["E05"]
    lane.say(movement(99, movement_id=late.accepted_id, accepts=late.movement_id))
    assert (f"E05:{late.told}", "cleared") in lane.cut().exceptions


def test_below_zero_is_raised_once_and_cleared_once() -> None:
    """A level may be negative, what may be sold may not."""
    name = f"E07:{SKU}:{ACCOUNT}:{SITE}"
    lane = Keeping()
    lane.say(product("550"), movement(1, K.DISPATCHED, "3"))
    first = lane.cut()
    assert first.availability[0]["sites"][SITE] == {
        "on_hand": "-3",
        "held": "0",
        "available": "0",
    }
    assert first.exceptions == [(name, "raised")]
    again = lane.restarted()
    again.say(movement(2, K.DISPATCHED))
    assert again.cut().exceptions == []
    again.say(movement(3, K.RECEIVED, "9"))

    assert again.cut().exceptions == [(name, "cleared")]


def test_until_a_place_is_open_its_movements_wait() -> None:
    """Not applied, nothing published; let in by the opening, in order, as of its moment."""
    lane = Keeping(opened=False)
    opening = movement(0, K.OPENING, "10", movement_id="opening:1", at=AT)
    before = movement(1, K.DISPATCHED, "1", at=AT - HOUR)
    after = movement(2, K.DISPATCHED, "2", at=AT + HOUR)
    lane.say(product("550"), before, after, opening)
    first = lane.cut()
    assert first.availability == []
    assert first.counts["waiting"] == 2
    lane = lane.restarted()
    lane.say(Opened(ACCOUNT, SITE, AT))
    second = lane.cut()

    assert [a["available"] for a in second.availability] == ["8"]
    assert [e["quantity"] for e in first.journal + second.journal] == ["10", "-2"]
    assert second.journal[0]["source"] == "stock.movements.v1/0/1"
    assert (second.counts["before_opening"], second.counts.get("waiting")) == (1, None)


def test_what_occurred_before_the_opening_is_set_aside() -> None:
    """It is in the position already; at the moment itself it is not."""
    lane = Keeping(opened=False)
    lane.say(Opened(ACCOUNT, SITE, AT))
    lane.say(movement(1, at=AT - timedelta(microseconds=1)), movement(2, at=AT))
    said = lane.cut()

    assert [a["available"] for a in said.availability] == ["1"]
    assert (said.counts["before_opening"], said.counts["applied"]) == (1, 1)


def test_an_opening_publishes_what_no_movement_touched() -> None:
    """Once a place is open, the shop learns of everything that stands there."""
    lane = Keeping(opened=False)
    lane.say(movement(0, K.OPENING, "10", movement_id="opening:1"))
    assert lane.cut().availability == []
    lane.say(Opened(ACCOUNT, SITE, AT))

    assert [a["available"] for a in lane.cut().availability] == ["10"]


def test_an_opening_is_a_memo() -> None:
    """A live Khaos already carries the stock."""
    lane = Keeping(opened=False)
    lane.say(product("550"), movement(0, K.OPENING, "10"))

    assert [e["posting_mode"] for e in lane.cut().journal] == ["memo"]


def test_a_second_opening_is_refused() -> None:
    """The same said again is no matter; another moment, or more stock, needs a rebuild."""
    lane = Keeping()
    lane.say(Opened(ACCOUNT, SITE, AT))
    lane.say(movement(0, K.OPENING, "10"))
    said = lane.cut()
    reasons = {headers["reason"] for headers, _ in said.quarantine}

    assert reasons == {"NPK at LEEDS was opened before: a place opens once"}
    assert (len(said.quarantine), said.counts["quarantined"]) == (2, 1)
    assert said.availability == []


def test_opening_the_same_again_changes_nothing() -> None:
    """A control record may be delivered twice."""
    lane = Keeping(opened=False)
    lane.say(Opened(ACCOUNT, SITE, AT), Opened(ACCOUNT, SITE, AT))

    assert lane.cut().quarantine == []


@pytest.mark.parametrize(
    ("policy", "held", "raised"),
    [("held_first", "1", False), ("saleable", "4", False), ("flag", "4", True)],
)
def test_goods_without_a_record_leave_as_the_tenant_says(
    policy: str, held: str, raised: bool
) -> None:
    """By category: from what is held, from what is saleable, or with a person told of it."""
    lane = Keeping(clarus={"no_record": {"damage": policy}})
    lane.say(movement(1, quantity="10"), movement(2, K.HELD, "4", stock_record="r"))
    lane.say(movement(3, K.ADJUSTED_DOWN, "3", note="damaged"))
    said = lane.cut()
    name = f"E11:{SKU}:{ACCOUNT}:{SITE}"

    assert said.availability[0]["sites"][SITE]["held"] == held
    assert ((name, "raised") in said.exceptions) is raised
    lane.say(movement(4, K.RELEASED, stock_record="r"))
    assert ((name, "cleared") in lane.cut().exceptions) is raised


def test_goods_of_a_code_nobody_mapped_leave_with_a_person_told() -> None:
    """What they were is not known: as saleable, and said to be unclear while some are held."""
    lane = Keeping()
    lane.say(movement(1, quantity="10"), movement(2, K.HELD, "4", stock_record="r"))
    lane.say(movement(3, K.ADJUSTED_DOWN, "4", reason="NEW-CODE"))

    assert (f"E11:{SKU}:{ACCOUNT}:{SITE}", "raised") in lane.cut().exceptions


def test_what_is_unclear_stays_so_until_nothing_is_on_hold() -> None:
    """Though all that is held has left, and whatever comes in after: the record is on hold yet."""
    name = f"E11:{SKU}:{ACCOUNT}:{SITE}"
    lane = Keeping()
    lane.say(movement(1, quantity="5"), movement(2, K.HELD, "5", stock_record="r"))
    lane.say(movement(3, K.ADJUSTED_DOWN, "5", reason="NEW-CODE"))
    assert (name, "raised") in lane.cut().exceptions
    lane.say(movement(4, quantity="9"))
    assert name not in dict(lane.cut().exceptions)
    lane.say(movement(5, K.RELEASED, stock_record="r"))

    assert (name, "cleared") in lane.cut().exceptions


def test_a_flag_is_only_for_goods_that_leave_from_among_held_ones() -> None:
    """Nothing is unclear where nothing is held, or where goods come in."""
    lane = Keeping(clarus={"no_record": {"damage": "flag"}})
    lane.say(movement(1, quantity="10"), movement(2, K.ADJUSTED_DOWN, note="damaged"))
    lane.say(movement(3, K.HELD, "4", stock_record="r"))
    lane.say(movement(4, K.ADJUSTED_UP, note="damaged"))

    assert not [name for name, _ in lane.cut().exceptions if name.startswith("E11")]


def test_bytes_that_are_no_movement_go_to_quarantine_as_they_are() -> None:
    """With the reason in one sentence; the next record is applied."""
    lane = Keeping()
    lane.say(b"{not json", movement(1))
    said = lane.cut()
    ((headers, value),) = said.quarantine

    assert (value, headers["origin"]) == (b"{not json", "stock.movements.v1/0/1")
    assert headers["reason"]
    assert (said.counts["quarantined"], said.counts["applied"]) == (1, 1)


def test_a_product_that_does_not_read_goes_to_quarantine() -> None:
    """Counted apart from movements."""
    lane = Keeping()
    lane.fold.fold([Record("khaos.products.v1", 0, b"{}")])

    assert lane.cut().counts["products_quarantined"] == 1


def test_a_product_in_another_case_than_its_movements_goes_to_quarantine() -> None:
    """Its record stands in another partition: its cost would never reach them."""
    lane = Keeping(clarus={"sku_case": "one"})
    lane.say(product(sku="mug"), product(sku="MUG"))
    said = lane.cut()

    assert (said.counts["products_quarantined"], said.counts["products"]) == (1, 1)
    assert "must be MUG" in said.quarantine[0][0]["reason"]


def test_a_product_in_another_partition_than_its_movements_goes_to_quarantine() -> None:
    """Librdkafka's writers put a key elsewhere unless told: its cost would never reach them."""
    lane = Keeping(partitions=2)
    places = {sku: partition_of(sku.encode(), 2) for sku in ("MUG", "VASE", "BOWL", "PLATE")}
    lane.say(*(product(sku=sku) for sku in places))
    said = lane.cut()
    elsewhere = [sku for sku, place in places.items() if place != 0]

    assert 0 < len(elsewhere) < len(places)
    assert said.counts["products"] == len(places) - len(elsewhere)
    assert [headers["reason"].split()[1] for headers, _ in said.quarantine] == elsewhere


def test_an_older_cost_changes_nothing() -> None:
    """Khaos's versions order its costs, not their arrival."""
    lane = Keeping()
    lane.say(product("550", 7), movement(1, quantity="2"), product("100", 6))

    assert [e["value_pence"] for e in lane.cut().journal] == [1_100]


def test_a_new_cost_is_a_memo_that_names_both() -> None:
    """The units held are revalued, and the entry says from what."""
    lane = Keeping()
    lane.say(product("550", 1), movement(1, quantity="2"), product("560", 2))
    changed = lane.cut().journal[-1]

    assert (changed["category"], changed["value_pence"]) == ("cost_change", 20)
    assert changed["source"] == "khaos.products.v1/0/1"
    assert "from 550.0000 to 560.0000" in changed["narrative"]


def test_an_offset_comes_once() -> None:
    """The engine must never hand a record over twice; if it does, nothing more is committed."""
    lane = Keeping()
    lane.say(movement(1))
    lane.offsets["stock.movements.v1"] = 1
    with pytest.raises(BrokenInvariant, match="offset 1 is not above 1"):
        lane.say(movement(2))


def test_a_rebuilt_lane_states_above_every_version_before() -> None:
    """Readers keep the highest version: what is rebuilt must be above it."""
    lane = Keeping(first_version=900)
    lane.say(movement(1))

    assert lane.cut().availability[0]["version"] == 901


def test_a_chart_that_does_not_fit_refuses_to_start() -> None:
    """A wrong row in the settings names itself before anything is counted."""
    with pytest.raises(RefusesToRun, match="there is no category 'nowhere'"):
        Keeping(reason=[{"text": "A", "category": "nowhere"}])
    with pytest.raises(RefusesToRun, match="names no category of the chart: nowhere"):
        Keeping(clarus={"no_record": {"nowhere": "flag"}})


def test_the_tenant_s_rows_are_where_a_lane_begins() -> None:
    """Categories, codes and phrases of the settings."""
    lane = Keeping(
        category=[{"name": "pilferage", "mode": "reclass", "account": "shrinkage"}],
        reason=[{"text": "PIL", "category": "pilferage"}],
        phrase=[{"text": "walked off", "category": "pilferage", "direction": "out"}],
    )
    lane.say(product("550"))
    lane.say(movement(1, K.ADJUSTED_DOWN, reason="pil"))
    lane.say(movement(2, K.ADJUSTED_DOWN, note="it walked off"))

    assert [e["category"] for e in lane.cut().journal] == ["pilferage", "pilferage"]
