"""A lane without a broker: what it takes, what it cuts, where it refuses to begin."""

from dataclasses import replace

import orjson
import pytest

from ledger.errors import BrokenInvariant
from streams.engine.errors import RefusesToRun
from streams.engine.lane import Lane, Transaction
from streams.engine.mark import MARK_KEY, fingerprint, parse_mark
from tests.support.made_lanes import (
    KEY,
    NAMES,
    SOURCES,
    found,
    lane_in_the_middle,
    many,
    new_lane,
    numbers,
    record,
    restarted,
    started_lane,
    taken,
)

MOVEMENTS, PRODUCTS = SOURCES


def committed(lane: Lane) -> Transaction:
    transaction = lane.cut()
    assert transaction is not None
    lane.committed(transaction)
    return transaction


def after_five() -> tuple[dict[bytes, bytes], str]:
    """Return the changelog of a lane that took five numbers, and the last one's fingerprint."""
    lane = started_lane()
    lane.take(taken(0, 5))
    changelog = {key: value for key, value in committed(lane).changelog if value is not None}
    return changelog, fingerprint(numbers(4)[0])


def test_a_list_that_begins_where_the_lane_stands_is_taken() -> None:
    """Positions are what counts, and not the offsets of records."""
    lane = started_lane()

    assert lane.take(taken(0, 3))
    assert lane.take(taken(3, 8, numbers(3, 6)))
    assert lane.next_offset[MOVEMENTS] == 8


@pytest.mark.parametrize("records_max", [1, 2, 3, 4, 5])
def test_a_list_in_pieces_is_the_list(records_max: int) -> None:
    """Taken piece by piece with the gaps of markers in it, or whole: the lane stands alike."""
    whole, in_pieces = started_lane(), started_lane()
    gaps = taken(0, 12, numbers(1, 2, 5, 9))
    whole.take(gaps)
    pieces = list(gaps.pieces(records_max))

    assert all(in_pieces.take(piece) for piece in pieces)
    assert all(len(piece.records) <= records_max for piece in pieces)
    assert committed(in_pieces) == committed(whole)
    assert in_pieces.next_offset[MOVEMENTS] == 12


def test_a_list_of_no_records_is_one_piece() -> None:
    """It moves the position all the same."""
    assert list(taken(3, 5, ()).pieces(200)) == [taken(3, 5, ())]


@pytest.mark.parametrize("before", [0, 2, 4])
def test_a_list_that_begins_elsewhere_is_left(before: int) -> None:
    """What was fetched before a rebalance or a seek is neither taken twice nor skipped over."""
    lane = started_lane()
    lane.take(taken(0, 3))

    assert not lane.take(taken(before, 6))
    assert lane.next_offset[MOVEMENTS] == 3
    assert lane.pending == 3


@pytest.mark.parametrize(
    ("before", "after", "offsets"),
    [(0, 3, (3,)), (0, 3, (0, 4)), (0, 3, (2, 1)), (0, -1, ()), (0, 0, (0,))],
)
def test_records_outside_their_positions_end_the_worker(
    before: int, after: int, offsets: tuple[int, ...]
) -> None:
    """A stamp that does not fit its records is a fault of ours, never a record less."""
    with pytest.raises(BrokenInvariant, match=r"unit\.movements/0"):
        started_lane().take(taken(before, after, numbers(*offsets)))


def test_a_cut_is_fixed_before_anything_else_is_folded() -> None:
    """What comes after a cut is in the next one, whole: cards, outputs, mark and offsets."""
    lane = started_lane()
    lane.take(taken(0, 2))
    first = lane.cut()
    lane.take(taken(2, 5))
    second = lane.cut()

    assert first is not None
    assert second is not None
    assert (first.records, second.records) == (2, 3)
    assert [dict(t.changelog)[KEY] for t in (first, second)] == [
        orjson.dumps({"sum": n, "times": 1}) for n in (2, 5)
    ]
    assert [t.offsets[MOVEMENTS] for t in (first, second)] == [2, 5]
    assert [parse_mark(dict(t.changelog)[MARK_KEY] or b"").counts for t in (first, second)] == [
        {"added": 2},
        {"added": 5},
    ]


def test_readers_see_committed_values_only() -> None:
    """A value is shown once Kafka has it, and not before."""
    lane = started_lane()
    lane.take(taken(0, 2))
    transaction = lane.cut()
    assert transaction is not None

    assert lane.fold.committed_values() == {}

    lane.committed(transaction)

    assert lane.fold.committed_values() == {KEY: orjson.dumps({"sum": 2, "times": 1})}


def test_nothing_taken_is_nothing_to_cut() -> None:
    """An idle lane writes no transactions."""
    lane = started_lane()

    assert lane.cut() is None

    lane.take(taken(0, 1))

    assert lane.cut() is not None
    assert lane.cut() is None


def test_a_moved_position_alone_is_cut_too() -> None:
    """Markers and aborted records are passed for good, or retention would look like loss."""
    lane = started_lane()
    lane.take(taken(0, 4, []))
    transaction = committed(lane)

    assert (transaction.records, transaction.offsets[MOVEMENTS]) == (0, 4)
    assert transaction.cut.outputs == {(NAMES.output, 0): []}


def test_a_lane_starts_where_its_mark_says() -> None:
    """Cards, counts and positions are the last transaction's."""
    changelog, last = after_five()
    lane = new_lane()
    lane.start(found(changelog, committed=5, end=9, last_seen=last))
    lane.take(taken(5, 6))
    transaction = committed(lane)

    assert lane.counts == {"added": 6}
    assert dict(transaction.changelog)[KEY] == orjson.dumps({"sum": 6, "times": 1})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"committed": {MOVEMENTS: 6, PRODUCTS: None}}, "move it back to 5"),
        ({"end": {MOVEMENTS: 4, PRODUCTS: 0}}, "made anew"),
        ({"beginning": {MOVEMENTS: 6, PRODUCTS: 0}}, "deleted unread"),
        ({"last_seen": {MOVEMENTS: "4:1000:ffffffff", PRODUCTS: None}}, "made anew"),
        ({"changelog": {MARK_KEY: b"[]"}}, "stock rebuild"),
        ({"changelog": {}}, "holds no mark"),
        ({"changelog": {KEY: b"{}"}, "committed": {}}, "holds no mark"),
    ],
)
def test_a_lane_refuses_what_would_make_figures_wrong(
    change: dict[str, object], words: str
) -> None:
    """Each refusal names the lane and what to do."""
    changelog, last = after_five()
    right = found(changelog, committed=5, end=5, last_seen=last)
    lane = new_lane()

    with pytest.raises(RefusesToRun, match=words) as refusal:
        lane.start(replace(right, **change))  # pyright: ignore[reportArgumentType]

    assert str(refusal.value).startswith("add/0: ")


@pytest.mark.parametrize(
    "change",
    [
        {"committed": {MOVEMENTS: None, PRODUCTS: None}},  # the group's offsets expired
        {"committed": {MOVEMENTS: 3, PRODUCTS: None}},  # or Kafka has lost the latest of them
        {"last_seen": {MOVEMENTS: None, PRODUCTS: None}},  # retention took what was read
        {"beginning": {MOVEMENTS: 5, PRODUCTS: 0}},
    ],
)
def test_a_lane_starts_where_the_mark_alone_is_left(change: dict[str, object]) -> None:
    """What may be gone in a healthy cluster is no reason to stop."""
    changelog, last = after_five()
    lane = new_lane()
    right = found(changelog, committed=5, end=5, last_seen=last)
    lane.start(replace(right, **change))  # pyright: ignore[reportArgumentType]

    assert lane.next_offset[MOVEMENTS] == 5


@pytest.mark.parametrize("committed_offset", [3, None])
def test_offsets_that_fell_back_are_committed_again_without_a_record(
    committed_offset: int | None,
) -> None:
    """Else outsiders see a lag, and a changelog lost then is taken for a first start."""
    changelog, last = after_five()
    lane = new_lane()
    lane.start(found(changelog, committed=committed_offset, end=5, last_seen=last))
    transaction = committed(lane)

    assert (transaction.records, transaction.offsets[MOVEMENTS]) == (0, 5)
    assert lane.counts == {"added": 5}
    assert lane.cut() is None


def test_a_first_start_begins_with_the_first_record_kept() -> None:
    """No mark, no card, no offset: there is nothing to go on from."""
    lane = new_lane()
    lane.start(found(beginning=7, end=9))

    assert lane.next_offset == {MOVEMENTS: 7, PRODUCTS: 0}


def test_one_source_is_read_to_its_end_before_the_others() -> None:
    """No movement is taken before the costs that are there already."""
    lane = new_lane(read_first=PRODUCTS)
    lane.start(replace(found(end=3), end={MOVEMENTS: 3, PRODUCTS: 2}))

    assert not lane.wants(MOVEMENTS, pending_max=10)
    assert lane.wants(PRODUCTS, pending_max=10)

    product = record(0, orjson.dumps({"times": 3}), PRODUCTS)
    lane.take(taken(0, 2, [product], PRODUCTS))

    assert lane.wants(MOVEMENTS, pending_max=10)


def test_a_lane_that_holds_enough_wants_no_more() -> None:
    """Memory is bounded: what is folded waits for its transaction first."""
    lane = started_lane()
    lane.take(taken(0, 10))

    assert not lane.wants(MOVEMENTS, pending_max=10)

    committed(lane)

    assert lane.wants(MOVEMENTS, pending_max=10)


def test_what_follows_a_record_that_leaves_much_to_do_is_left() -> None:
    """The lane stands behind that record, and is to be fetched for from there."""
    lane = started_lane()

    assert not lane.take(taken(0, 4, [*numbers(0), many(1, 3), *numbers(2, 3)]))
    assert lane.next_offset[MOVEMENTS] == 2
    assert lane.pending == 2


def test_a_lane_in_the_middle_takes_nothing_else() -> None:
    """Of neither source, nor is a list wanted, until what a record has set off is done."""
    lane = started_lane()
    product = record(0, orjson.dumps({"times": 3}), PRODUCTS)

    assert lane.take(taken(0, 3, [many(0, 3)]))
    for _ in range(2):
        assert not lane.take(taken(3, 4))
        assert not lane.take(taken(0, 1, [product], PRODUCTS))
        assert not lane.wants(MOVEMENTS, pending_max=10)
        assert not lane.wants(PRODUCTS, pending_max=10)
        lane.go_on()

    assert lane.wants(MOVEMENTS, pending_max=10)
    assert lane.take(taken(3, 4))


def test_a_piece_alone_is_cut_too() -> None:
    """No position moves meanwhile; a record's pieces count as records do."""
    lane = started_lane()
    lane.take(taken(0, 1, [many(0, 3)]))
    committed(lane)
    lane.go_on()
    transaction = committed(lane)

    assert (transaction.records, transaction.offsets[MOVEMENTS]) == (1, 1)
    assert lane.cut() is None


@pytest.mark.parametrize("done", [0, 1, 2, 3])
def test_a_lane_goes_on_in_the_middle(done: int) -> None:
    """However much was done when it ended, all of it is done once."""
    lane = started_lane()
    lane.take(taken(0, 1, [many(0, 4)]))
    for _ in range(done):
        lane.go_on()
    again = restarted(lane)
    assert again.fold.is_unfinished is (done < 3)
    while again.fold.is_unfinished:
        again.go_on()
    again.take(taken(1, 2))
    transaction = committed(again)

    assert again.counts == {"added": 5}
    assert dict(transaction.changelog)[KEY] == orjson.dumps({"sum": 5, "times": 1})


def test_nothing_left_is_nothing_to_go_on_with() -> None:
    """A lane that is done with everything counts nothing."""
    lane = lane_in_the_middle(pieces=1)
    lane.go_on()
    lane.go_on()

    assert lane.pending == 1
