"""Faust with another path for records: whole lists, stamped in the consumer's own thread.

Overrides of Faust 0.15.3 and aiokafka 0.14.0; `tests/unit/streams/engine/test_upstream.py` hashes
what is overridden, so that an upgrade fails loudly instead of going wrong quietly.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, cast

import faust
from aiokafka import TopicPartition
from aiokafka.errors import ConsumerStoppedError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.engine.lane import RecordList

FETCH_WAIT_MS = 100  # Faust has 1,500: an idle partition would delay a busy one by as much
WAIT_S = 1.0  # for records, when every lane wants some
SHORT_WAIT_S = 0.02  # when some lane wants none now, so that its turn is not missed

Lists = Mapping[TP, RecordList]


class RecordSink(Protocol):
    """Where lists go, and who says what is wanted."""

    def wants(self, topic: str, partition: int) -> bool:
        """Say whether records of this partition may be fetched now; called in any thread."""
        ...

    def position(self, topic: str, partition: int) -> int | None:
        """Return the offset a partition is to be read from; None if it is not ours."""
        ...

    async def deliver(self, taken: RecordList) -> None:
        """Hand one list to its agent."""
        ...


class BatchThread(driver.AIOKafkaConsumerThread):
    """The thread that fetches: read_committed, and each list stamped with what it was asked at."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Read when the consumer starts (aiokafka 0.14); Faust ties the level to its own
        # processing guarantee, which we do not use.
        consumer._isolation_level = "read_committed"  # noqa: SLF001
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001
        return consumer

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 (Faust's signature)
        max_records: int | None = None,
    ) -> Any:
        if not self.consumer.flow_active:
            return {}
        fetcher = consumer._fetcher  # noqa: SLF001
        if consumer._closed or fetcher._closed:  # noqa: SLF001
            raise ConsumerStoppedError
        sink = _batch_app(self.app).sink
        generation = self.app.consumer_generation_id
        assignment = fetcher._subscriptions.subscription.assignment  # noqa: SLF001
        states = {
            tp: state
            for tp in map(_topic_partition, active_partitions)
            if sink.wants(tp.topic, tp.partition)
            and assignment is not None
            and tp in assignment.tps
            and (state := assignment.state_value(tp)).has_valid_position
        }
        if not states:
            await asyncio.sleep(SHORT_WAIT_S)
            return {}
        before = {tp: state.position for tp, state in states.items()}
        wait_s = WAIT_S if len(states) == len(active_partitions) else SHORT_WAIT_S
        with fetcher._subscriptions.fetch_context():  # noqa: SLF001
            records = await fetcher.fetched_records(
                list(states), timeout=wait_s, max_records=max_records
            )
        if assignment is None or not assignment.active:
            return {}
        return {
            TP(tp.topic, tp.partition): RecordList(
                tp.topic,
                tp.partition,
                generation,
                before[tp],
                state.position,
                records.get(tp, ()),
            )
            for tp, state in states.items()
            if state.has_valid_position and (tp in records or state.position != before[tp])
        }


class BatchConsumer(driver.Consumer):
    """Faust's consumer, with lists instead of messages and the lanes' positions for seeks."""

    def _new_consumer_thread(self) -> BatchThread:
        return BatchThread(self, loop=self.loop, beacon=self.beacon)

    async def perform_seek(self) -> None:
        """Seek to where the lanes stand; the group's own offsets may have expired."""
        sink = _batch_app(self.app).sink
        positions = {tp: sink.position(tp.topic, tp.partition) for tp in self.assignment()}
        await self.seek_wait({tp: o for tp, o in positions.items() if o is not None})

    async def _drain_messages(self, fetcher: Any) -> None:
        app = _batch_app(self.app)
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):  # noqa: SLF001
                lists, _ = await self._wait_next_records(WAIT_S)
                if lists is None or self.should_stop:
                    continue
                if not self.flow_active:
                    await self.perform_seek()
                    continue
                for taken in cast("Lists", lists).values():
                    if taken.generation == app.consumer_generation_id:
                        await app.sink.deliver(taken)
                await asyncio.sleep(0)
        except (*self.consumer_stopped_errors, asyncio.CancelledError):
            if not self.transport.app.should_stop:
                raise

    async def on_stop(self) -> None:
        """Finish the lanes before the group is left."""
        await _batch_app(self.app).before_revoked()
        await super().on_stop()


class BatchTransport(driver.Transport):
    """Faust's aiokafka transport with our consumer."""

    Consumer = BatchConsumer


class BatchApp(faust.App):
    """A Faust app whose records travel as lists, and which is told of assignments first."""

    sink: RecordSink
    before_assigned: Callable[[set[TP]], Awaitable[None]]
    before_revoked: Callable[[], Awaitable[None]]
    fail: Callable[[BaseException], None]

    def _new_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_consumer, self)

    def read(self, topic: str, partitions: int) -> None:
        """Subscribe to a topic whose records go to the sink."""
        source = self.topic(
            topic, key_type=bytes, value_type=bytes, value_serializer="raw", partitions=partitions
        )
        self.topics.add(cast("Any", source.clone(is_iterator=True)))

    async def _on_partitions_revoked(self, revoked: set[TP]) -> None:
        # First our own: Faust would go on to commit offsets it knows nothing of.
        self.consumer.stop_flow()
        await self.before_revoked()
        await super()._on_partitions_revoked(revoked)

    async def _on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        # Fence, recover, and only then let Faust read anything.
        if not self.should_stop:
            try:
                await self.before_assigned(assigned)
            except Exception as error:  # noqa: BLE001 (outermost frame: the process ends)
                self.fail(error)
                return
        await super()._on_partitions_assigned(assigned, generation_id)


def _batch_app(app: Any) -> BatchApp:
    return cast("BatchApp", app)


def _topic_partition(tp: TP) -> TopicPartition:
    return TopicPartition(tp.topic, tp.partition)
