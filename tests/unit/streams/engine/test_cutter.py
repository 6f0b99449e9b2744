"""When transactions are cut, on a real loop; the writer stands for Kafka."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import orjson
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import MessageSizeTooLargeError

from streams.engine.cutter import Cutter
from streams.engine.errors import FoldFailed
from streams.engine.lane import Lane, Transaction
from streams.engine.pace import BACKLOG_RECORDS, Pace
from tests.support.kafka import eventually
from tests.support.made_lanes import lane_in_the_middle, many, record, started_lane, taken

SOON_S = 5.0
LONG_S = 600.0  # longer than any test: what comes before is not due by time


class Outlet:
    """Holds what is written; lets it through at once, or when told, or not at all."""

    def __init__(self) -> None:
        self.written: list[Transaction] = []
        self.open = asyncio.Event()
        self.open.set()
        self.broken: Exception | None = None
        self.stopped = False

    transactional_id = "a-lane"
    producer_id = 1

    async def start(self) -> None:
        """Nothing to fence."""

    async def end_all_over(self, places: Iterable[TopicPartition], *, commit: bool) -> None:
        """Nothing hangs."""

    async def write(self, transaction: Transaction) -> None:
        self.written.append(transaction)
        await self.open.wait()
        if self.broken is not None:
            raise self.broken

    async def stop(self) -> None:
        self.stopped = True


class Bench:
    """One cutter with its outlet, and what it said."""

    def __init__(
        self,
        *,
        interval_s: float = 0.0,
        backlog_s: float = 0.0,
        records_max: int = 1_000,
        lane: Lane | None = None,
    ) -> None:
        self.outlet = Outlet()
        self.failures: list[BaseException] = []
        self.observed: list[int] = []
        self.turn = asyncio.Lock()
        self.cutter = Cutter(
            lane or started_lane(),
            self.outlet,
            pace=Pace(interval_s, backlog_s, records_max, transaction_timeout_ms=10_000),
            fail=self.failures.append,
            observe=lambda _agent, _took_s, records: self.observed.append(records),
            turn=self.turn,
        )
        self.cutter.start()

    def take(self, before: int, after: int) -> None:
        assert self.cutter.take(taken(before, after))

    async def wrote(self, *records: int) -> None:
        """Wait until exactly these transactions were written."""
        await eventually(lambda: len(self.outlet.written) >= len(records), SOON_S)

        assert [transaction.records for transaction in self.outlet.written] == list(records)


@pytest.fixture
async def benches() -> AsyncIterator[list[Bench]]:
    """Give a place for benches that are to be stopped."""
    made: list[Bench] = []
    yield made
    for bench in made:
        await bench.cutter.stop()


async def test_an_idle_lane_cuts_at_once(benches: list[Bench]) -> None:
    """The first list after a while does not wait for company."""
    benches.append(bench := Bench(interval_s=LONG_S))
    bench.take(0, 3)

    await bench.wrote(3)


async def test_what_our_code_raises_at_a_cut_has_a_place(benches: list[Bench]) -> None:
    """The same place each time, so that the third time stops the worker instead of a fourth."""
    benches.extend(both := [Bench(), Bench()])
    added = orjson.dumps({"id": 1, "add": 1})  # with and without a key: the cut cannot sort them
    for bench, count in zip(both, (2, 3), strict=True):  # as their lists happen to be cut
        records = [record(n, added, key=b"K" if n else None) for n in range(count)]
        assert bench.cutter.take(taken(0, count, records))
    await eventually(lambda: all(bench.failures for bench in both), SOON_S)
    first, second = (bench.failures[0] for bench in both)

    assert isinstance(first, FoldFailed)
    assert isinstance(second, FoldFailed)
    assert first.place == second.place


async def test_a_busy_lane_waits_for_its_interval(benches: list[Bench]) -> None:
    """What comes right after a cut shares the next transaction."""
    benches.append(bench := Bench(interval_s=0.2))
    bench.take(0, 3)
    await bench.wrote(3)
    for before in range(3, 9):
        bench.take(before, before + 1)

    await bench.wrote(3, 6)


async def test_a_full_lane_does_not_wait(benches: list[Bench]) -> None:
    """So many records are a transaction, whatever the clock says."""
    benches.append(bench := Bench(interval_s=LONG_S, records_max=5))
    bench.take(0, 1)
    await bench.wrote(1)
    bench.take(1, 6)

    await bench.wrote(1, 5)


async def test_a_lane_that_is_behind_makes_larger_cuts(benches: list[Bench]) -> None:
    """With so much folded since its last cut it waits for more, until it is full."""
    benches.append(bench := Bench(backlog_s=LONG_S, records_max=2 * BACKLOG_RECORDS))
    bench.take(0, 1)
    await bench.wrote(1)
    bench.take(1, 1 + BACKLOG_RECORDS)
    bench.take(1 + BACKLOG_RECORDS, 2 * BACKLOG_RECORDS)
    await bench.wrote(1)
    bench.take(2 * BACKLOG_RECORDS, 1 + 2 * BACKLOG_RECORDS)

    await bench.wrote(1, 2 * BACKLOG_RECORDS)


async def test_a_lane_that_fills_up_while_it_waits_cuts(benches: list[Bench]) -> None:
    """It is not fetched for any more: waiting longer would bring nothing."""
    benches.append(bench := Bench(interval_s=LONG_S, records_max=5))
    bench.take(0, 1)
    await bench.wrote(1)
    bench.take(1, 3)
    await asyncio.sleep(0)
    bench.take(3, 6)

    await bench.wrote(1, 5)


async def test_a_lane_that_is_given_up_does_not_wait(benches: list[Bench]) -> None:
    """Its next owner does."""
    benches.append(bench := Bench(interval_s=LONG_S))
    bench.take(0, 1)
    await bench.wrote(1)
    bench.take(1, 3)
    async with asyncio.timeout(SOON_S):
        await bench.cutter.drain()

    assert bench.observed == [1, 2]


async def test_one_transaction_at_a_time(benches: list[Bench]) -> None:
    """What is taken while a transaction is under way is in the next one."""
    benches.append(bench := Bench())
    bench.outlet.open.clear()
    bench.take(0, 2)
    await bench.wrote(2)
    bench.take(2, 5)
    bench.take(5, 9)
    await bench.wrote(2)
    bench.outlet.open.set()

    await bench.wrote(2, 7)


async def test_drained_is_all_committed(benches: list[Bench]) -> None:
    """A lane that is given up has nothing folded and not written, nor written and not said."""
    benches.append(bench := Bench(interval_s=0.2))
    bench.outlet.open.clear()
    bench.take(0, 2)
    await bench.wrote(2)
    bench.take(2, 5)
    draining = asyncio.create_task(bench.cutter.drain())
    bench.outlet.open.set()
    await draining

    assert bench.observed == [2, 3]
    assert bench.cutter.lane.committed_offset == bench.cutter.lane.next_offset


@pytest.mark.parametrize("takes", [0, 1])
async def test_draining_what_is_idle_returns(benches: list[Bench], takes: int) -> None:
    """Nothing to do is done at once, before the first list as after it."""
    benches.append(bench := Bench())
    bench.take(0, takes)
    async with asyncio.timeout(SOON_S):
        await bench.cutter.drain()

    assert bench.cutter.lane.pending == 0


async def test_a_failed_write_ends_the_process(benches: list[Bench]) -> None:
    """There is no second try, and nobody waits for one."""
    benches.append(bench := Bench())
    bench.outlet.broken = ConnectionError("gone")
    bench.take(0, 2)
    await eventually(lambda: bench.failures, SOON_S)
    bench.take(2, 4)
    async with asyncio.timeout(SOON_S):
        await bench.cutter.drain()

    assert bench.failures == [bench.outlet.broken]
    assert bench.cutter.lane.fold.committed_values() == {}
    assert bench.observed == []


async def test_what_kafka_takes_at_no_time_has_a_place(benches: list[Bench]) -> None:
    """By its lane and where that stands: the third time stops the worker, and names it."""
    benches.append(bench := Bench())
    bench.take(0, 1)
    await bench.wrote(1)
    bench.outlet.broken = MessageSizeTooLargeError("1048700 bytes")
    bench.take(1, 3)
    await eventually(lambda: bench.failures, SOON_S)

    (failure,) = bench.failures
    assert isinstance(failure, FoldFailed)
    assert failure.place == (
        "add/0 MessageSizeTooLargeError writing what follows "
        "{'unit.movements': 1, 'unit.products': 0}"
    )


async def test_stopped_in_the_middle_of_a_write(benches: list[Bench]) -> None:
    """A revoked lane whose transaction hangs is left: its next owner ends it."""
    benches.append(bench := Bench())
    bench.outlet.open.clear()
    bench.take(0, 2)
    await bench.wrote(2)
    await bench.cutter.stop()

    assert bench.outlet.stopped
    assert bench.failures == []


async def test_what_a_record_set_off_is_done_and_cut_in_between(benches: list[Bench]) -> None:
    """Nobody has to take anything more; a full lane cuts before it goes on."""
    benches.append(bench := Bench(interval_s=LONG_S, records_max=2))
    assert bench.cutter.take(taken(0, 1, [many(0, 6)]))

    await bench.wrote(2, 2, 2)
    assert not bench.cutter.lane.fold.is_unfinished


async def test_a_recovered_lane_goes_on_without_a_record(benches: list[Bench]) -> None:
    """Once all has resumed, and not before."""
    benches.append(bench := Bench(lane=lane_in_the_middle(pieces=3)))
    await asyncio.sleep(0)
    assert bench.outlet.written == []
    bench.cutter.begin()
    await eventually(lambda: sum(bench.observed) == 3, SOON_S)

    assert not bench.cutter.lane.fold.is_unfinished


async def test_a_lane_that_is_given_up_in_the_middle_is_left_there(benches: list[Bench]) -> None:
    """What was done is committed; its next owner does the rest."""
    benches.append(bench := Bench(lane=lane_in_the_middle(pieces=100)))
    bench.outlet.open.clear()
    bench.cutter.begin()
    await bench.wrote(1)
    draining = asyncio.create_task(bench.cutter.drain())
    bench.outlet.open.set()
    async with asyncio.timeout(SOON_S):
        await draining

    assert bench.observed == [1]
    assert bench.cutter.lane.fold.is_unfinished


async def test_one_lane_at_a_time_goes_on(benches: list[Bench]) -> None:
    """With many lanes at it at once, a turn of the loop takes no longer than with one."""
    benches.append(bench := Bench(lane=lane_in_the_middle(pieces=2)))
    async with bench.turn:
        bench.cutter.begin()
        for _ in range(5):
            await asyncio.sleep(0)
        assert bench.cutter.lane.pending == 0
    await eventually(lambda: sum(bench.observed) == 2, SOON_S)


async def test_a_piece_that_fails_ends_the_process_and_is_named(benches: list[Bench]) -> None:
    """By its lane and where that stands, the same at every restart."""
    benches.append(bench := Bench(lane=lane_in_the_middle(pieces=2)))
    bench.cutter.lane.fold.restore({}, {}, {"pieces": 1, "key": "gone", "add": 1})
    bench.cutter.begin()
    await eventually(lambda: bench.failures, SOON_S)

    (failure,) = bench.failures
    assert isinstance(failure, FoldFailed)
    assert failure.place == "add/0 KeyError going on"
