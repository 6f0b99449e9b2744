"""One lane's transactional producer: what it writes becomes visible together or not at all.

The transactional id is the lane's, so starting the producer fences whoever owned the lane before
and ends what they had open (measured on Kafka 4.4 with aiokafka 0.14: an open transaction of the
former owner is aborted within 120 ms, its later sends raise `ProducerFenced`).
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import IllegalOperation

from streams.engine.closing import close_producer, failure_in
from streams.engine.fold import Headers, Send
from streams.engine.lane import Transaction
from streams.engine.reconnecting import pause_before_reconnecting
from streams.engine.settling import Settling

RETRY_BACKOFF_MS = 5  # the broker answers the first write of a transaction with a retriable error
BATCH_BYTES_MAX = 524_288
NO_HEADERS: Headers = []
# By these aiokafka 0.14 refuses what is asked of a producer that has failed, whatever it failed of.
REFUSALS = (IllegalOperation, AssertionError)
STOP_TIMEOUT_S = 5.0  # for a request that is on its way


class Written(Protocol):
    """What a writer must know of a lane."""

    @property
    def agent(self) -> str: ...  # noqa: D102 (as in `Lane`)
    @property
    def partition(self) -> int: ...  # noqa: D102
    @property
    def changelog_topic(self) -> str: ...  # noqa: D102


class LaneWriter:
    """The only writer of a lane's outputs, changelog, mark and offsets."""

    def __init__(
        self,
        lane: Written,
        *,
        group: str,
        transaction_timeout_ms: int,
        connection: Mapping[str, Any],
        settling: Settling,
    ) -> None:
        self.transactional_id = f"{group}-{lane.agent}-{lane.partition}"
        self._lane = lane
        self._group = group
        self._settling = settling
        self._producer = transactional_producer(
            connection, self.transactional_id, transaction_timeout_ms
        )

    @property
    def producer_id(self) -> int:
        """Return the number under which partitions know the producer, once it is started."""
        return producer_id_of(self._producer)

    async def start(self) -> None:
        """Fence the former owner; on return their coordinator has nothing of theirs open.

        A partition may have all the same: see `take_over`.
        """
        await self._producer.start()

    async def end_all_over(self, places: Iterable[TopicPartition], *, commit: bool) -> None:
        """End what an earlier transaction of the lane has left open in places, and in the group."""
        with first_failure(self._producer):
            await end_all_over(self._producer, places, self._group, commit=commit)

    async def stop(self) -> None:
        """Close the connections; a transaction still open is aborted by the next owner."""
        await self._producer.stop()

    async def write(self, transaction: Transaction) -> None:
        """Return once all of it can be read; raise whatever stood in the way."""
        with first_failure(self._producer):
            last = await self._committed(transaction)
        await self._settling.settled(last, self.producer_id)

    async def _committed(self, transaction: Transaction) -> Mapping[TopicPartition, int]:
        """Return the last offset written to each partition."""
        await self._producer.begin_transaction()
        acknowledgements = [
            acknowledgement
            for (topic, partition), sends in transaction.cut.outputs.items()
            for acknowledgement in await send_batches(self._producer, topic, partition, sends)
        ]
        changelog = ((key, value, NO_HEADERS) for key, value in transaction.changelog)
        acknowledgements += await send_batches(
            self._producer, self._lane.changelog_topic, self._lane.partition, changelog
        )
        offsets = {
            TopicPartition(t, self._lane.partition): o for t, o in transaction.offsets.items()
        }
        written, _ = await asyncio.gather(
            asyncio.gather(*acknowledgements),
            self._producer.send_offsets_to_transaction(offsets, self._group),
        )
        await self._producer.commit_transaction()
        return {batch.topic_partition: batch.offset for batch in written}


class TransactionalProducer(AIOKafkaProducer):
    """Tells what it failed of to whoever waits for it, and to nobody else.

    Of aiokafka's own, every answer that nobody waited for tells it to the log once more when it is
    collected, each with a traceback: the end of a transaction that never came to its commit, the
    records sent before the one that failed, and those that had not left.
    """

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> asyncio.Future[Any]:
        """Hand over a batch; return what to await for its acknowledgement."""
        acknowledgement = await super().send_batch(batch, topic, partition=partition)
        acknowledgement.add_done_callback(failure_in)
        return acknowledgement

    async def stop(self) -> None:
        """Close the connections; what is not sent by then, whoever begins anew aborts."""
        await close_producer(self, STOP_TIMEOUT_S)


def transactional_producer(
    connection: Mapping[str, Any], transactional_id: str, timeout_ms: int
) -> TransactionalProducer:
    """Return one that is not started; who starts it ends whoever had the id before."""
    producer = TransactionalProducer(
        **connection,
        transactional_id=transactional_id,
        transaction_timeout_ms=timeout_ms,
        retry_backoff_ms=RETRY_BACKOFF_MS,
        max_batch_size=BATCH_BYTES_MAX,
        linger_ms=0,
    )
    pause_before_reconnecting(producer.client)
    return producer


@contextmanager
def first_failure(producer: AIOKafkaProducer) -> Iterator[None]:
    """Raise what a producer failed of, and not its refusals since.

    It fails in a task of its own. Whoever hands it the next record is told that there is no
    transaction, and nothing of the owner who fenced it (seen in `python -m tests.faults F3`: the
    first transaction of a lane waits for the topic of its changelog to be described).
    """
    failure: BaseException | None = None
    try:
        yield
    except REFUSALS as refusal:
        failure = _failure_of(producer) or refusal
    if failure is not None:
        raise failure


def _failure_of(producer: AIOKafkaProducer) -> BaseException | None:
    transaction: Any = producer._txn_manager  # noqa: SLF001 (it tells nobody)
    ended: asyncio.Future[None] | None = transaction.wait_for_transaction_end()
    return failure_in(ended) if ended is not None else None


def producer_id_of(producer: AIOKafkaProducer) -> int:
    """Return the number that Kafka gave a started transactional producer."""
    transaction: Any = producer._txn_manager  # noqa: SLF001 (it tells nobody)
    return transaction.producer_id


async def end_all_over(
    producer: AIOKafkaProducer,
    places: Iterable[TopicPartition],
    group: str | None = None,
    *,
    commit: bool,
) -> None:
    """End a transaction in every place, without a record: it ends what was left open there."""
    await producer.begin_transaction()
    # As aiokafka itself does, before it sends a record or an offset.
    transaction: Any = producer._txn_manager  # noqa: SLF001
    sender: Any = producer._sender  # noqa: SLF001
    for place in places:
        transaction.maybe_add_partition_to_txn(place)
    while group and transaction.is_in_transaction() and not transaction._txn_consumer_group:  # noqa: SLF001
        await sender._do_add_offsets_to_txn(group)  # noqa: SLF001
    if commit:
        await producer.commit_transaction()
    else:
        await producer.abort_transaction()


async def send_batches(
    producer: AIOKafkaProducer, topic: str, partition: int, sends: Iterable[Send]
) -> list[asyncio.Future[Any]]:
    """Hand records over in order; return what to await for their acknowledgement."""
    acknowledgements: list[asyncio.Future[Any]] = []
    batch = producer.create_batch()
    for key, value, headers in sends:
        if batch.append(key=key, value=value, timestamp=None, headers=headers) is None:
            acknowledgements.append(await _submit(producer, batch, topic, partition))
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=None, headers=headers)
    if batch.record_count():
        acknowledgements.append(await _submit(producer, batch, topic, partition))
    return acknowledgements


async def _submit(
    producer: AIOKafkaProducer, batch: Any, topic: str, partition: int
) -> asyncio.Future[Any]:
    batch.close()
    return await producer.send_batch(batch, topic, partition=partition)
