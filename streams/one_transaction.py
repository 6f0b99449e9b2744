"""One transaction by a command: all of it becomes visible, or nothing; two at once fence.

What an earlier run left open in a partition, though its coordinator held it complete, is aborted
before this one writes: the markers of this one would show it (see `engine.hanging`).
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import ProducerFenced

from streams.engine.errors import EngineError
from streams.engine.fold import Place, Send
from streams.engine.transaction import (
    BATCH_BYTES_MAX,
    RETRY_BACKOFF_MS,
    places_of,
    send_batches,
    write_nothing,
)
from streams.kafka import connection
from streams.reading import consumer_of
from streams.settings import Settings

# Brokers allow 15 minutes by default; a killed command holds readers up for so long at the most.
TRANSACTION_TIMEOUT_MS = 120_000
SHOWN_WITHIN_S = 30.0  # what others have open in the same partitions is over by then
LOOK_EVERY_S = 0.05


class TakenOver(EngineError):
    """Another run of the same command began meanwhile; nothing of this one was written."""


class NotShown(EngineError):
    """Kafka says that it has committed, and shows nothing; the next run aborts what it holds."""


class OnlyWriter:
    """Invariant: whoever had the transactional id before can commit no more."""

    def __init__(self, settings: Settings, producer: AIOKafkaProducer) -> None:
        self.producer = producer
        self._settings = settings

    async def write(self, outputs: Mapping[Place, Iterable[Send]]) -> None:
        """Write everything in one transaction; returns once whoever reads Kafka can see it."""
        try:
            async with self.producer.transaction():
                sent = [
                    batch
                    for (topic, partition), sends in outputs.items()
                    for batch in await send_batches(self.producer, topic, partition, sends)
                ]
                written = await asyncio.gather(*sent)
        except ProducerFenced:
            raise TakenOver(
                "another run of this command began meanwhile; nothing of this one was written"
            ) from None
        await self._shown({batch.topic_partition: batch.offset for batch in written})

    async def _shown(self, last: Mapping[TopicPartition, int]) -> None:
        """Return once every partition is stable beyond the last that was written to it."""
        try:
            async with (
                asyncio.timeout(SHOWN_WITHIN_S),
                consumer_of(self._settings, list(last)) as consumer,
            ):
                while not await _are_stable(consumer, last):  # noqa: ASYNC110 (Kafka tells nobody)
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            raise NotShown(
                f"Kafka says that it is written, and does not show it in {SHOWN_WITHIN_S:g} s: "
                "see that the workers run, and run the command again"
            ) from None


async def _are_stable(consumer: AIOKafkaConsumer, last: Mapping[TopicPartition, int]) -> bool:
    stable = await consumer.end_offsets(list(last))
    return all(stable[partition] > offset for partition, offset in last.items())


@asynccontextmanager
async def only_writer(
    settings: Settings, transactional_id: str, topics: Collection[str]
) -> AsyncIterator[OnlyWriter]:
    """Give the one writer of this id; it writes to `topics` alone."""
    producer = AIOKafkaProducer(
        **connection(settings),
        transactional_id=transactional_id,
        transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
        retry_backoff_ms=RETRY_BACKOFF_MS,
        max_batch_size=BATCH_BYTES_MAX,
    )
    await producer.start()
    try:
        await producer.begin_transaction()
        await write_nothing(producer, await places_of(producer, topics))
        await producer.abort_transaction()
        yield OnlyWriter(settings, producer)
    finally:
        await producer.stop()
