"""Lists are stamped as they were fetched, on a real loop; the fetcher stands for aiokafka's."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from aiokafka.consumer.subscription_state import SubscriptionState
from faust.types import TP

from streams.engine.faust_batches import BatchThread
from streams.engine.host import EngineApp, host
from streams.engine.lane import RecordList
from streams.settings import Settings
from tests.support.folds import agents
from tests.support.made_lanes import NAMES, numbers

MOVEMENTS = TP(NAMES.movements, 0)


class Sink:
    """Wants everything."""

    def wants(self, topic: str, partition: int) -> bool:
        return (topic, partition) == MOVEMENTS

    def position(self, topic: str, partition: int) -> int | None:
        raise NotImplementedError

    async def deliver(self, taken: RecordList) -> None:
        raise NotImplementedError


class SoughtAfterFetching:
    """A consumer and its fetcher: somebody seeks in the turn after two records were taken out."""

    _closed = False

    def __init__(self, thread: BatchThread, seeks_to: int) -> None:
        self._subscriptions: Any = SubscriptionState()
        self._subscriptions.assign_from_user([MOVEMENTS])
        self._fetcher = self
        self._thread, self._seeks_to = thread, seeks_to
        self.seeking: asyncio.Task[None] | None = None
        self.seek(MOVEMENTS, 0)

    def seek(self, partition: TP, offset: int) -> None:
        self._subscriptions.seek(partition, offset)

    async def position(self, partition: TP) -> int:
        return self._subscriptions.subscription.assignment.state_value(partition).position

    async def fetched_records(self, partitions: Any, **_: Any) -> Mapping[TP, Any]:
        self.seek(MOVEMENTS, 2)
        seeks = self._thread._seek_wait(self, {MOVEMENTS: self._seeks_to})
        self.seeking = asyncio.create_task(seeks)
        return {partition: numbers(0, 1) for partition in partitions}


@pytest.fixture
def thread(tmp_path: Path) -> Iterator[BatchThread]:
    """Return the thread of a consumer that is not started; its loop is the test's."""
    settings = Settings(kafka="127.0.0.1:1", home=tmp_path, partitions=1)
    app: EngineApp = host(settings, NAMES.app_id, agents(NAMES), web_port=1)
    app.sink = Sink()
    thread = cast("Any", app.consumer)._thread
    yield thread
    thread.thread_loop.close()


async def test_a_seek_right_after_a_fetch_leaves_its_list_as_it_was(thread: BatchThread) -> None:
    """It is dropped for its position, and read again; stamped anew it would seem broken."""
    kafka = SoughtAfterFetching(thread, seeks_to=7)
    lists = await thread._fetch_records(cast("Any", kafka), {MOVEMENTS})
    assert kafka.seeking is not None
    await kafka.seeking

    taken = lists[MOVEMENTS]
    assert (taken.before, taken.after, len(taken.records)) == (0, 2, 2)
    assert await kafka.position(MOVEMENTS) == 7
