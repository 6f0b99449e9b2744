"""One lane's transactional producer: what it writes becomes visible together or not at all.

The transactional id is the lane's, so starting the producer fences whoever owned the lane before
and ends what they had open (measured on Kafka 4.4 with aiokafka 0.14: an open transaction of the
former owner is aborted within 120 ms, its later sends raise `ProducerFenced`).
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer, TopicPartition

from streams.engine.fold import Headers, Place, Send
from streams.engine.lane import Transaction

RETRY_BACKOFF_MS = 5  # the broker answers the first write of a transaction with a retriable error
BATCH_BYTES_MAX = 524_288
NO_HEADERS: Headers = []
ABORTED_KEY = b"\x00aborted"  # compacted topics take no record without a key
STOP_TIMEOUT_S = 5.0


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
    ) -> None:
        self._lane = lane
        self._group = group
        self._producer = AIOKafkaProducer(
            **connection,
            transactional_id=f"{group}-{lane.agent}-{lane.partition}",
            transaction_timeout_ms=transaction_timeout_ms,
            retry_backoff_ms=RETRY_BACKOFF_MS,
            max_batch_size=BATCH_BYTES_MAX,
            linger_ms=0,
        )

    async def start(self) -> None:
        """Fence the former owner; on return their coordinator has nothing of theirs open.

        A partition may have all the same: see `hanging`.
        """
        await self._producer.start()

    async def abort_all_over(self, topics: Iterable[str]) -> None:
        """Abort a transaction in every partition of topics, in the changelog and the group.

        The abort ends what an earlier transaction of the lane has left open there. The records
        of this one are never seen.
        """
        changelog = (self._lane.changelog_topic, self._lane.partition)
        nowhere = {TopicPartition(*changelog): 0}
        await self._producer.begin_transaction()
        places = [changelog, *await places_of(self._producer, topics)]
        await write_nothing(self._producer, places)
        await self._producer.send_offsets_to_transaction(nowhere, self._group)
        await self._producer.abort_transaction()

    async def stop(self) -> None:
        """Close the connections; a transaction still open is aborted by the next owner."""
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await self._producer.stop()

    async def write(self, transaction: Transaction) -> None:
        """Return once Kafka has committed; raise whatever stood in the way."""
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
        await asyncio.gather(
            self._producer.send_offsets_to_transaction(offsets, self._group), *acknowledgements
        )
        await self._producer.commit_transaction()


async def places_of(producer: AIOKafkaProducer, topics: Iterable[str]) -> list[Place]:
    """Return every partition of topics."""
    return [
        (topic, partition)
        for topic in topics
        for partition in sorted(await producer.partitions_for(topic))
    ]


async def write_nothing(producer: AIOKafkaProducer, places: Iterable[Place]) -> None:
    """Write a record without a value to each place, of a transaction that is to be aborted."""
    sent = [
        await producer.send(topic, key=ABORTED_KEY, value=b"", partition=partition)
        for topic, partition in places
    ]
    await asyncio.gather(*sent)


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
