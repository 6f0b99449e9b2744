"""The laws of true stock: nothing comes from nowhere, nothing is below zero, holds are whole."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sandbox.records import GOODS_IN_BAY, Refused, Shelf, Status
from streams.sandbox.stock_room import StockRoom

AT = datetime(2011, 10, 25, 9, tzinfo=UTC)
SHELF = Shelf("HARBOUR", "LDS", "MUG")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["receive", "pick", "dispatch", "back", "up", "down", "hold", "release", "give", "undo"]
        ),
        st.integers(1, 30_000),
    ),
    max_size=40,
)


def step(room: StockRoom, what: str, milli: int) -> None:
    records = [
        record for shelf in list(room.records.shelves()) for record in room.records.of(shelf)
    ]
    record_id = records[milli % len(records)].record_id if records else 0
    match what:
        case "receive":
            room.put_away(room.receive(SHELF, milli, AT).record.record_id, "A-01")
        case "pick":
            room.pick(record_id, milli, AT)
        case "dispatch":
            room.dispatch(record_id, milli, AT)
        case "back":
            room.undispatch(SHELF, milli, AT)
        case "up":
            room.adjust(record_id, milli, AT)
        case "down":
            room.adjust(record_id, -milli, AT)
        case "hold":
            room.hold(record_id)
        case "release":
            room.release(record_id)
        case "give":
            room.change_owner(record_id, "4417", milli, AT)
        case _:
            room.unreceive(record_id, AT)


@given(STEPS)
def test_records_and_transactions_come_to_the_same(steps: list[tuple[str, int]]) -> None:
    """Whatever is done or refused, each shelf has what its transactions summed to."""
    room = StockRoom()
    for what, milli in steps:
        try:
            step(room, what, milli)
        except Refused:
            continue
    stands = {
        shelf: sum(r.quantity_milli for r in room.records.of(shelf))
        for shelf in room.records.shelves()
    }
    summed = {shelf: milli for shelf, milli in room.changed_milli.items() if milli}
    ids = [transaction.transaction_id for transaction in room.transactions]

    assert summed == stands
    assert all(
        record.quantity_milli > 0 for s in room.records.shelves() for record in room.records.of(s)
    )
    assert ids == sorted(set(ids))


def test_a_hold_is_of_a_whole_record() -> None:
    """What is held cannot be picked, not even in part, until it is released."""
    room = StockRoom()
    record = room.put_away(room.receive(SHELF, 12_000, AT).record.record_id, "A-01")
    room.hold(record.record_id)

    with pytest.raises(Refused, match="not_enough_stocks_for_picking"):
        room.pick(record.record_id, 1_000, AT)
    with pytest.raises(Refused, match="is held"):
        room.hold(record.record_id)

    assert room.free_milli(SHELF) == 0
    room.release(record.record_id)
    assert room.free_milli(SHELF) == 12_000


def test_no_more_can_be_written_off_than_there_is() -> None:
    """Clarus answers 422 to it, and nothing has changed."""
    room = StockRoom()
    record = room.receive(SHELF, 12_000, AT).record

    with pytest.raises(Refused, match="422 quantity_exceeds_available"):
        room.adjust(record.record_id, -12_001, AT)
    assert room.records.of(SHELF) == [record]


def test_goods_in_the_bay_cannot_be_picked_yet() -> None:
    """Put away first; loose goods of one shelf then stand together."""
    room = StockRoom()
    first, second = (room.receive(SHELF, 5_000, AT).record for _ in range(2))

    assert {GOODS_IN_BAY} == {record.location for record in room.records.of(SHELF)}
    assert room.free_milli(SHELF) == 0

    room.put_away(first.record_id, "A-01")
    merged = room.put_away(second.record_id, "A-01")

    assert (first.record_id, 10_000) == (merged.record_id, merged.quantity_milli)
    assert room.records.of(SHELF) == [merged]


def test_picked_goods_are_still_in_the_building() -> None:
    """Only a despatch changes the stock on hand."""
    room = StockRoom()
    record = room.put_away(room.receive(SHELF, 5_000, AT).record.record_id, "A-01")
    picked = room.pick(record.record_id, 2_000, AT)

    assert (picked.change_milli, picked.record.status) == (0, Status.PICKED)
    assert room.changed_milli[SHELF] == 5_000

    room.dispatch(picked.record.record_id, 2_000, AT)

    assert room.changed_milli[SHELF] == 3_000
