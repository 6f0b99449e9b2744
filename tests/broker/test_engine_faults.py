"""Faults on a real broker: whatever is killed or frozen, each number is added once.

Real processes with the two small agents of `folds.py`, in a group with a session of 2 s, of 8 s
where it is counted how often lanes were dealt. Not covered: a network that loses or delays packets,
a disk that is full, and a clock that jumps.
"""

import asyncio
import signal
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.broker import LocalKafka
from tests.support.engine_worker import RECOVERY_WAITS
from tests.support.ground import Ground
from tests.support.kafka import delete_topics, eventually, move_offset, offset_of
from tests.support.workers import SESSION, STEADY_SESSION_MS, Worker

LANES = 4  # two agents on two partitions
STOPPED_WITHIN_S = 60.0
FROZEN_WITHIN_S = 60.0
GIVEN_UP_WITHIN_S = 5.0  # far below the 20 s after which a supervisor kills
BROKER_FROZEN_S = 6.0
TAKEN_OVER_S = 60.0
DEALT_ANEW_S = 25.0  # within the 30 s after which a group that is dealt nothing counts as stalled
ASSIGNED = "lanes.assigned"
STEADY = {SESSION: str(STEADY_SESSION_MS)}  # where it is counted how often lanes were dealt
TOPICS_MISSING = "group.topics_missing"
GIVEN_UP = "lanes.given_up"
NOT_A_MEMBER = "local member_id was not recognized"


async def freeze(worker: Worker) -> None:
    worker.send_signal(signal.SIGSTOP)
    await eventually(lambda: worker.is_frozen, FROZEN_WITHIN_S)


async def taken_over(ground: Ground) -> Worker:
    """Start a worker; return it when it owns everything."""
    worker = ground.start()
    await worker.ready(LANES, TAKEN_OVER_S)
    return worker


async def test_kill_9_in_the_middle_of_load(ground: Ground) -> None:
    """A crash of a worker costs seconds, not records."""
    first = ground.start()
    await first.ready()
    async with ground.load():
        await ground.until_added(200)
        await first.kill()
        await taken_over(ground)

    await ground.settled()
    await ground.check()


async def test_a_stop_under_load_leaves_nothing_to_repeat(ground: Ground) -> None:
    """On SIGTERM a worker finishes what it has open: not one record is written twice."""
    first = ground.start()
    await first.ready()
    async with ground.load():
        await ground.until_added(200)
        first.send_signal(signal.SIGTERM)

        assert await first.exit_code(STOPPED_WITHIN_S) == 0
        assert await ground.aborted(ground.names.movements) == 0
        assert await ground.aborted(ground.names.output) == 0
        await taken_over(ground)

    await ground.settled()
    await ground.check()


async def test_a_frozen_worker_that_wakes_after_its_session(ground: Ground) -> None:
    """Who slept while another took over writes nothing, and comes back as a member."""
    first = ground.start()
    await first.ready()
    async with ground.load():
        await ground.until_added(200)
        await freeze(first)
        second = await taken_over(ground)
        first.send_signal(signal.SIGCONT)
        await eventually(lambda: not first.runs or shares(second), TAKEN_OVER_S)
        if not first.runs:  # it had something open, and was told so
            assert await first.exit_code() == 1
            await ground.start().ready(LANES // 2, TAKEN_OVER_S)

    await ground.settled()
    await ground.check()


async def shares(worker: Worker) -> bool:
    state = await worker.state()
    return state is not None and state["ready"] and len(state["lanes"]) == LANES // 2


async def test_a_worker_frozen_inside_its_transaction(ground: Ground) -> None:
    """What a sleeper had written and not committed is never seen; it is fenced and ends."""
    first = ground.start(ENGINE_AT_COMMIT="STOP:5")
    await first.ready()
    async with ground.load():
        await eventually(lambda: first.is_frozen, FROZEN_WITHIN_S)
        await taken_over(ground)
        first.send_signal(signal.SIGCONT)

        assert await first.exit_code() == 1
        assert "ProducerFenced" in first.log
        await ground.start().ready(LANES // 2, TAKEN_OVER_S)

    await ground.settled()
    assert await ground.aborted(ground.names.output) > 0
    await ground.check()


async def test_a_lane_that_stands_still_ends_its_worker(ground: Ground) -> None:
    """Work, a broker that answers, and no commit: said, stacks shown, and begun anew."""
    first = ground.start(ENGINE_AT_COMMIT="HANG:5", ENGINE_STALL_S="2")
    await first.ready()
    async with ground.load():
        assert await first.exit_code() == 1
        assert "LaneStalled" in first.log
        assert "in _fail" in first.log  # where it stood
        await taken_over(ground)

    await ground.settled()
    await ground.check()


async def test_a_second_worker_joins_and_leaves(ground: Ground) -> None:
    """Partitions go to and fro under load, and no record is taken twice or left out."""
    first = ground.start()
    await first.ready(LANES)
    async with ground.load():
        await ground.until_added(200)
        second = ground.start()
        await asyncio.gather(first.ready(LANES // 2), second.ready(LANES // 2))
        second.send_signal(signal.SIGTERM)

        assert await second.exit_code(STOPPED_WITHIN_S) == 0
        await first.ready(LANES)

    await ground.settled()
    await ground.check()


async def test_a_rebalance_while_lists_wait_for_a_busy_agent(ground: Ground) -> None:
    """What waits in a queue at a rebalance is neither lost nor in the way."""
    slow = {"ENGINE_FOLD_S": "0.2", "STOCK_ENGINE__POLL_RECORDS_MAX": "20"}
    await ground.send(1_000)
    first = ground.start(**slow)
    await first.ready(LANES)
    await ground.until_added(200)
    second = ground.start(**slow)
    await asyncio.gather(first.ready(LANES // 2), second.ready(LANES // 2))

    await ground.settled()
    await ground.check()


async def test_a_recovery_longer_than_the_session(ground: Ground) -> None:
    """A member that reads long is alive: it keeps its partitions."""
    worker = ground.start(**STEADY, ENGINE_RESTORE_S=str(STEADY_SESSION_MS / 1000))
    await worker.ready(LANES)
    async with ground.load():  # long enough for some heartbeats
        await ground.until_added(3_000)
    await ground.settled()

    assert worker.log.count(ASSIGNED) == 1
    await ground.check()


async def test_a_recovery_is_given_up_when_another_member_joins(
    ground: Ground, tmp_path: Path
) -> None:
    """Nobody waits for who reads back: it joins again, is not dropped, and reads its share."""
    await ground.send(20)
    until = tmp_path / "until"
    first = ground.start(ENGINE_RECOVER_AFTER=str(until), **STEADY)
    await eventually(lambda: RECOVERY_WAITS in first.log, TAKEN_OVER_S)
    second = ground.start(**STEADY)

    await second.ready(LANES // 2, TAKEN_OVER_S)
    assert GIVEN_UP in first.log
    assert first.log.count(RECOVERY_WAITS) == 2
    until.touch()
    await first.ready(LANES // 2, TAKEN_OVER_S)

    assert NOT_A_MEMBER not in first.log
    assert [first.log.count(ASSIGNED), second.log.count(ASSIGNED)] == [1, 1]
    await ground.settled()
    await ground.check()


async def test_a_stop_while_lanes_are_read_back(ground: Ground, tmp_path: Path) -> None:
    """Who is told to stop reads no further, however long its changelogs are."""
    worker = ground.start(ENGINE_RECOVER_AFTER=str(tmp_path / "never"))
    await eventually(lambda: RECOVERY_WAITS in worker.log, TAKEN_OVER_S)
    worker.send_signal(signal.SIGTERM)

    assert await worker.exit_code(GIVEN_UP_WITHIN_S) == 0
    assert GIVEN_UP in worker.log


async def test_records_deleted_before_a_running_worker_read_them(ground: Ground) -> None:
    """A position that is gone ends the worker; nobody jumps to what is left."""
    worker = ground.start()
    await worker.ready(LANES)
    await ground.send(20)
    await ground.settled()
    await freeze(worker)
    for _ in range(10):
        await ground.send(20)
    await ground.delete_records(ground.names.deliveries, 0, before=100)
    worker.send_signal(signal.SIGCONT)

    assert await worker.exit_code() == 1
    again = ground.start()
    assert await again.exit_code(TAKEN_OVER_S) == 78
    assert "deleted unread" in again.log


async def test_a_topic_with_another_partition_count(ground: Ground) -> None:
    """Topics that do not fit together are refused, with the command that says more."""
    await ground.add_partitions(ground.names.movements, 3)
    worker = ground.start()

    assert await worker.exit_code() == 78
    assert "stock topics check" in worker.log


async def test_a_lane_that_says_again_where_it_stands(ground: Ground) -> None:
    """Group's offsets that fell back are made good after Faust has looked where changelogs end.

    Before, it would wait for what its lanes had written meanwhile, and for ever.
    """
    first = ground.start()
    await first.ready(LANES)
    await ground.send(20)
    await ground.settled()
    first.send_signal(signal.SIGTERM)
    await first.exit_code()
    movements = TopicPartition(ground.names.movements, 0)
    offset = await offset_of(ground.kafka, ground.names.app_id, movements)
    await move_offset(ground.kafka, ground.names.app_id, movements, 3)

    await ground.start(ENGINE_ENDS_LATE_S="1").ready(LANES)

    async def is_made_good() -> bool:
        return await offset_of(ground.kafka, ground.names.app_id, movements) == offset

    await eventually(is_made_good, TAKEN_OVER_S)
    await ground.check()


async def test_a_worker_that_faust_does_not_resume(ground: Ground) -> None:
    """Whatever it waits for before the first record, it does not wait for ever."""
    worker = ground.start(ENGINE_ENDS_LATE_S="300", ENGINE_STALL_S="2")

    assert await worker.exit_code() == 1
    assert "Faust did not resume" in worker.log


async def test_a_stranger_in_the_group(ground: Ground) -> None:
    """A worker that Kafka does not let in says why, and comes in once it may."""
    stranger = AIOKafkaConsumer(
        ground.names.deliveries, bootstrap_servers=ground.kafka, group_id=ground.names.app_id
    )
    await stranger.start()
    try:
        worker = ground.start()
        assert await worker.exit_code() == 1
    finally:
        await stranger.stop()
    assert "InconsistentGroupProtocol" in worker.log

    await ground.start().ready(LANES)


async def test_a_topic_that_kafka_does_not_show_yet(ground: Ground) -> None:
    """Nobody is dealt anything, nor ready; as soon as it is shown, the same workers have all.

    A broker that has just started answers before it knows of all its topics.
    """
    await delete_topics(ground.kafka, ground.names.movements)
    workers = [ground.start(), ground.start()]
    for worker in workers:
        await eventually(lambda worker=worker: ASSIGNED in worker.log, TAKEN_OVER_S)
        state = await eventually(worker.state, TAKEN_OVER_S)
        assert state is not None
        assert (state["ready"], state["lanes"]) == (False, {})
    assert TOPICS_MISSING in "".join(worker.log for worker in workers)

    await ground.make_topics(ground.names.movements)
    for worker in workers:
        await worker.ready(LANES // len(workers), DEALT_ANEW_S)
    await ground.send(20)
    await ground.settled()
    await ground.check()


async def test_a_topic_that_kafka_never_shows(ground: Ground) -> None:
    """A group that is dealt nothing is not waited for longer than a lane that stands still."""
    await delete_topics(ground.kafka, ground.names.movements)
    worker = ground.start(ENGINE_STALL_S="2")

    assert await worker.exit_code() == 1
    assert "the group was dealt nothing" in worker.log


async def test_the_broker_killed_and_started_again(own_kafka: LocalKafka, tmp_path: Path) -> None:
    """Workers wait for Kafka, or end and are started again; no record pays for it."""
    await asyncio.to_thread(own_kafka.start)
    async with Ground(own_kafka.bootstrap, tmp_path) as ground:
        worker = ground.start()
        await worker.ready(LANES)
        async with ground.load():
            await ground.until_added(200)
            own_kafka.kill()
            await asyncio.to_thread(own_kafka.start)
            await eventually(lambda: not worker.runs or goes_on(ground), TAKEN_OVER_S)
            if not worker.runs:
                assert await worker.exit_code() == 1
                await taken_over(ground)

        await ground.settled()
        await ground.check()


async def goes_on(ground: Ground) -> bool:
    return await ground.added() > len(ground.sent) - 100


@pytest.mark.long
async def test_the_broker_frozen_for_some_seconds(own_kafka: LocalKafka, tmp_path: Path) -> None:
    """A broker that is slow beyond every session is waited for."""
    await asyncio.to_thread(own_kafka.start)
    assert own_kafka.pid is not None
    broker = psutil.Process(own_kafka.pid)
    async with Ground(own_kafka.bootstrap, tmp_path) as ground:
        worker = ground.start()
        await worker.ready(LANES)
        async with ground.load():
            await ground.until_added(200)
            broker.suspend()
            await asyncio.sleep(BROKER_FROZEN_S)
            broker.resume()
            await eventually(lambda: not worker.runs or goes_on(ground), TAKEN_OVER_S)
            if not worker.runs:
                assert await worker.exit_code() == 1
                await taken_over(ground)

        await ground.settled()
        await ground.check()
