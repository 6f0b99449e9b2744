"""What the watchdog takes for a stall."""

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from aiokafka.errors import KafkaConnectionError
from faust.types import TP

from streams.engine.lane import Lane
from streams.engine.watch import Standing, Watch, has_work, lag
from tests.support.folds import agents
from tests.support.made_lanes import NAMES, lane_in_the_middle, started_lane, taken

if TYPE_CHECKING:
    from streams.engine.host import EngineApp

MOVEMENTS = TP(NAMES.movements, 0)
LONG_S = 600.0


class Stopping:
    """A Faust app whose consumer's thread has ended; it is told to stop meanwhile, or not."""

    rebalancing = dealt_nothing = False

    def __init__(self, *, is_told: bool) -> None:
        self.should_stop = False
        self.failures: list[BaseException] = []
        self.consumer = self
        self._is_told = is_told

    async def check_group(self) -> None:
        self.should_stop = self._is_told
        raise RuntimeError("Event loop is closed")

    def fail(self, error: BaseException) -> None:
        self.failures.append(error)
        self.should_stop = True


@pytest.mark.parametrize("is_told", [True, False])
async def test_a_thread_that_ends_with_the_worker_is_no_failure(is_told: bool) -> None:
    """A worker told to stop ends in good order, though the watch was looking just then."""
    app = Stopping(is_told=is_told)
    await Watch(cast("EngineApp", app), stall_s=30.0, begins_within_s=30.0, session_s=30.0).run()

    assert [str(error) for error in app.failures] == ([] if is_told else ["Event loop is closed"])


class Kafka:
    """A consumer of a lane that has one record to take, and a Kafka that may be away."""

    def __init__(self) -> None:
        self.is_away = False

    async def stable_ends(self, partitions: Iterable[TP]) -> Mapping[TP, int]:
        if self.is_away:
            raise KafkaConnectionError
        return dict.fromkeys(partitions, 1)


def watch_of(kafka: Kafka, *lanes: Lane, session_s: float) -> Watch:
    owned = SimpleNamespace(lanes=lambda: lanes, agents=agents(NAMES))
    app = SimpleNamespace(lanes=owned, consumer=kafka, is_ready=True)
    return Watch(cast("EngineApp", app), stall_s=30.0, begins_within_s=30.0, session_s=session_s)


async def test_lag_is_known_while_kafka_answers() -> None:
    """And for as long as a session after it: nobody else has the lanes by then."""
    kafka, lane = Kafka(), started_lane()
    watch = watch_of(kafka, lane, session_s=LONG_S)
    assert watch.is_cut_off
    for kafka.is_away in (False, True):
        await watch._look()

        assert not watch.is_cut_off
        assert watch.lag(lane) == dict.fromkeys(lane.sources, 1)


async def test_what_kafka_said_long_ago_is_not_shown() -> None:
    """Older than a session: others may have taken the lanes over and gone on."""
    kafka, lane = Kafka(), started_lane()
    watch = watch_of(kafka, lane, session_s=0.0)
    await watch._look()

    assert watch.is_cut_off
    assert watch.lag(lane) == {}


async def test_a_member_without_lanes_is_cut_off_too() -> None:
    """It asks Kafka something all the same."""
    kafka = Kafka()
    kafka.is_away = True
    watch = watch_of(kafka, session_s=LONG_S)
    await watch._look()

    assert watch.is_cut_off


def test_lag_is_what_is_not_taken() -> None:
    """It counts from the lane's position to the last stable offset, where that is known."""
    lane = started_lane()
    lane.take(taken(0, 3))

    assert lag(lane, {MOVEMENTS: 5}) == {NAMES.movements: 2}
    assert lag(lane, {}) == {}


def test_an_idle_lane_never_stands() -> None:
    """Without work, nothing has to move."""
    standing, lane = Standing(), started_lane()

    assert [standing.look([lane], {MOVEMENTS: 0})[lane] for _ in range(3)] == [0, 0, 0]


def test_a_lane_that_takes_nothing_stands() -> None:
    """Each further look at the same lag counts."""
    standing, lane = Standing(), started_lane()

    assert [standing.look([lane], {MOVEMENTS: 5})[lane] for _ in range(3)] == [0, 1, 2]


def test_taking_without_committing_is_no_progress() -> None:
    """A transaction that hangs is seen, though records are still taken."""
    standing, lane = Standing(), started_lane()
    looks = []
    for before in range(3):
        lane.take(taken(before, before + 1))
        looks.append(standing.look([lane], {})[lane])

    assert looks == [0, 1, 2]
    assert has_work(lane, {})


def test_a_commit_begins_the_count_anew() -> None:
    """However much is left, who commits is alive."""
    standing, lane = Standing(), started_lane()
    for _ in range(3):
        standing.look([lane], {MOVEMENTS: 9})
    lane.take(taken(0, 1))
    transaction = lane.cut()
    assert transaction is not None
    lane.committed(transaction)

    assert standing.look([lane], {MOVEMENTS: 9})[lane] == 0


def test_a_broker_that_was_away_begins_the_count_anew() -> None:
    """Nobody is blamed for the time in which nothing could be done."""
    standing, lane = Standing(), started_lane()
    for _ in range(3):
        standing.look([lane], {MOVEMENTS: 9})
    standing.forget()

    assert standing.look([lane], {MOVEMENTS: 9})[lane] == 0


def test_a_lane_that_does_not_go_on_stands() -> None:
    """What a record has set off is work, though no record is left to take."""
    standing, lane = Standing(), lane_in_the_middle(pieces=2)

    assert [standing.look([lane], {MOVEMENTS: 1})[lane] for _ in range(3)] == [0, 1, 2]

    lane.go_on()
    lane.go_on()

    assert standing.look([lane], {MOVEMENTS: 1})[lane] == 3


def test_a_lane_that_goes_on_does_not_stand() -> None:
    """Each of its transactions is progress, though its position stays where it is."""
    standing, lane = Standing(), lane_in_the_middle(pieces=3)
    looks: list[int] = []
    while lane.fold.is_unfinished:
        lane.go_on()
        transaction = lane.cut()
        assert transaction is not None
        lane.committed(transaction)
        looks.append(standing.look([lane], {MOVEMENTS: 9})[lane])

    assert looks == [0, 0, 0]
