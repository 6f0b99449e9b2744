"""Faust with another path for records: whole lists, stamped in the consumer's own thread.

Overrides of Faust 0.15.3 and aiokafka 0.14.0; `tests/unit/streams/engine/test_upstream.py` hashes
what is overridden, so that an upgrade fails loudly instead of going wrong quietly.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from typing import Any, Protocol, TypeVar, cast

import faust
from aiokafka.errors import ConsumerStoppedError, IllegalStateError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.engine.lane import RecordList

FETCH_WAIT_MS = 100  # Faust has 1,500: an idle partition would delay a busy one by as much
WAIT_S = 1.0  # for records, when every lane wants some
GIVE_UP_EVERY_S = 0.5  # while an assignment is taken that is no more: it may not read back yet
SHORT_WAIT_S = 0.02  # when some lane wants none now, so that its turn is not missed

Answer = TypeVar("Answer")
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
    """The thread that fetches: read_committed, and each list stamped with what it was asked at.

    Invariant: a list's `before` is where the partition stood when its records began. What was
    taken out of aiokafka is handed on, fitting or not, so that its lane can ask for it again.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self._fetching = asyncio.Lock()
        self._before: dict[TP, int] = {}

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Keep the session while lanes recover; have them give up once the group deals anew.

        aiokafka sends heartbeats, joins again, and stops, only afterwards.
        """
        coordinator: Any = self._ensure_consumer()._coordinator  # noqa: SLF001
        coordinator._start_heartbeat_task()  # noqa: SLF001
        ends = {coordinator._rejoin_needed_fut, coordinator._closing}  # noqa: SLF001
        taking = asyncio.ensure_future(super().on_partitions_assigned(assigned, generation_id))
        try:
            await asyncio.wait({taking, *ends}, return_when=asyncio.FIRST_COMPLETED)
            while not taking.done():
                self.app.loop.call_soon_threadsafe(_batch_app(self.app).give_up)
                await asyncio.wait({taking}, timeout=GIVE_UP_EVERY_S)
            await taking
        finally:
            taking.cancel()

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Read when the consumer starts (aiokafka 0.14); Faust ties the level to its own
        # processing guarantee, which we do not use.
        consumer._isolation_level = "read_committed"  # noqa: SLF001
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001
        return consumer

    async def _seek_wait(self, consumer: Any, partitions: Mapping[TP, int]) -> None:
        # A fetch may be waiting meanwhile: what it brings will begin here, not where it was asked.
        self._before.update(partitions)
        await super()._seek_wait(consumer, partitions)

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 (Faust's signature)
        max_records: int | None = None,
    ) -> Any:
        # One at a time: a second fetch would take the first one's records for a moved position.
        async with self._fetching:
            fetcher = consumer._fetcher  # noqa: SLF001
            if consumer._closed or fetcher._closed:  # noqa: SLF001
                raise ConsumerStoppedError
            assignment = fetcher._subscriptions.subscription.assignment  # noqa: SLF001
            states = self._wanted(active_partitions, assignment)
            if not states:
                await asyncio.sleep(SHORT_WAIT_S)
                return {}
            self._before = {tp: state.position for tp, state in states.items()}
            generation = self.app.consumer_generation_id
            all_wanted = len(states) == len(active_partitions)
            wait_s = WAIT_S if all_wanted else SHORT_WAIT_S
            fetching = self._fetched(fetcher, states, generation, wait_s, max_records)
            return await _unless_unassigned(fetcher, assignment, fetching)

    async def _fetched(
        self,
        fetcher: Any,
        states: Mapping[TP, Any],
        generation: int,
        wait_s: float,
        max_records: int | None,
    ) -> Lists:
        """Return what comes within the time, stamped before anybody has a turn to seek."""
        records = await fetcher.fetched_records(
            list(states), timeout=wait_s, max_records=max_records
        )
        return self._stamped(states, records, generation)

    def _stamped(
        self, states: Mapping[TP, Any], records: Mapping[TP, Any], generation: int
    ) -> Lists:
        return {
            tp: RecordList(
                tp.topic,
                tp.partition,
                generation,
                self._before[tp],
                state.position,
                records.get(tp, ()),
            )
            for tp, state in states.items()
            if state.has_valid_position and (tp in records or state.position != self._before[tp])
        }

    def _wanted(self, active_partitions: set[TP], assignment: Any) -> dict[TP, Any]:
        """Return the state of each partition that may be fetched for now."""
        if not self.consumer.flow_active or assignment is None or not assignment.active:
            return {}
        sink = _batch_app(self.app).sink
        return {
            tp: state
            for tp in active_partitions
            if sink.wants(tp.topic, tp.partition)
            and tp in assignment.tps
            and (state := assignment.state_value(tp)).has_valid_position
        }


async def _unless_unassigned(
    fetcher: Any, assignment: Any, fetching: Coroutine[Any, Any, Lists]
) -> Lists:
    """Return what is fetched; nothing if the assignment ended first.

    Left to itself, aiokafka would go on waiting and take records out of the next assignment.
    """
    with fetcher._subscriptions.fetch_context():  # noqa: SLF001
        fetch = asyncio.ensure_future(fetching)
        await asyncio.wait({fetch, assignment.unassign_future}, return_when=asyncio.FIRST_COMPLETED)
        if fetch.done():
            return fetch.result()
        fetch.cancel()
        return {}


class BatchConsumer(driver.Consumer):
    """Faust's consumer, with lists instead of messages and the lanes' positions for seeks."""

    def _new_consumer_thread(self) -> BatchThread:
        return BatchThread(self, loop=self.loop, beacon=self.beacon)

    async def perform_seek(self) -> None:
        """Seek to where the lanes stand; the group's own offsets may have expired."""
        sink = _batch_app(self.app).sink
        positions = {tp: sink.position(tp.topic, tp.partition) for tp in self.assignment()}
        await self.seek_wait({tp: o for tp, o in positions.items() if o is not None})

    async def seek_back(self, tp: TP, offset: int) -> None:
        """Seek to where a lane stands; a rebalance meanwhile seeks to where it stands then."""
        generation = self.app.consumer_generation_id
        try:
            await self.seek_wait({tp: offset})
        except IllegalStateError:
            if generation == self.app.consumer_generation_id and not self.app.rebalancing:
                raise

    async def stable_ends(self, partitions: Iterable[TP]) -> Mapping[TP, int]:
        """Return where each partition ends for read_committed, as the broker answers now."""
        # Not through Faust's queue of calls: while the broker is away, seeks would wait behind it.
        thread = cast("BatchThread", self._thread)
        return await _asked(thread, thread._ensure_consumer().end_offsets(partitions))  # noqa: SLF001

    async def check_group(self) -> None:
        """Raise what aiokafka's group routine stands with until somebody asks for it."""
        thread = cast("BatchThread", self._thread)

        async def check() -> None:
            coordinator: Any = thread._ensure_consumer()._coordinator  # noqa: SLF001
            if coordinator is not None:
                coordinator.check_errors()

        if thread._consumer is not None:  # noqa: SLF001 (the thread runs)
            await _asked(thread, check())

    def renew_metadata(self) -> None:
        """Have Kafka asked for its topics now; where they have changed, the group deals anew."""
        thread = cast("BatchThread", self._thread)
        client = thread._ensure_consumer()._client  # noqa: SLF001
        thread.thread_loop.call_soon_threadsafe(client.force_metadata_update)

    async def _drain_messages(self, fetcher: Any) -> None:
        sink = _batch_app(self.app).sink
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):  # noqa: SLF001
                lists, _ = await self._wait_next_records(WAIT_S)
                for taken in cast("Lists", lists or {}).values():
                    await sink.deliver(taken)
                await asyncio.sleep(0)
        except (*self.consumer_stopped_errors, asyncio.CancelledError):
            if not self.transport.app.should_stop:
                raise

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Say nothing: Faust looks for messages acknowledged, and ours are lists (`watch`)."""

    async def on_stop(self) -> None:
        """Finish the lanes before the group is left."""
        await _batch_app(self.app).before_revoked()
        await super().on_stop()


async def _asked(thread: BatchThread, asking: Coroutine[Any, Any, Answer]) -> Answer:
    """Return what is answered in the consumer's own thread."""
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asking, thread.thread_loop))


class BatchTransport(driver.Transport):
    """Faust's aiokafka transport with our consumer."""

    Consumer = BatchConsumer


class BatchApp(faust.App):
    """A Faust app whose records travel as lists, and which is told of assignments first."""

    sink: RecordSink
    before_assigned: Callable[[set[TP]], Awaitable[bool]]  # False: given up
    give_up: Callable[[], None]
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

    async def crash(self, reason: BaseException) -> None:
        """End the process: Faust's way out is long, and waits for what may never come."""
        self.fail(reason)

    def _crash(self, reason: BaseException) -> None:
        self.fail(reason)

    async def _on_partitions_revoked(self, revoked: set[TP]) -> None:
        # First our own: Faust would go on to commit offsets it knows nothing of.
        self.consumer.stop_flow()
        await self.before_revoked()
        await super()._on_partitions_revoked(revoked)

    async def _on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        # Fence, recover, and only then let Faust read anything.
        if not self.should_stop:
            try:
                if not await self.before_assigned(assigned):
                    return  # Faust is told of the next one, if it does not stop
                if self.should_stop:  # told so meanwhile: the consumer gave back what it had then
                    await self.before_revoked()
                    return
            # The outermost frame: the process ends. Of a cancellation too, which aiokafka's
            # clients may raise of their own, and which would end the group's routine unsaid.
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001
                self.fail(error)
                return
        await super()._on_partitions_assigned(assigned, generation_id)


def _batch_app(app: Any) -> BatchApp:
    return cast("BatchApp", app)
