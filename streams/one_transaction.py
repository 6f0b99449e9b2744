"""One transaction by a command: all of it becomes visible, or nothing; two at once fence."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.errors import ProducerFenced

from streams.engine.errors import EngineError
from streams.engine.fold import Place, Send
from streams.engine.transaction import BATCH_BYTES_MAX, RETRY_BACKOFF_MS, send_batches
from streams.kafka import connection
from streams.settings import Settings

# Brokers allow 15 minutes by default; a killed command holds readers up for so long at the most.
TRANSACTION_TIMEOUT_MS = 120_000


class TakenOver(EngineError):
    """Another run of the same command began meanwhile; nothing of this one was written."""


@asynccontextmanager
async def only_writer(settings: Settings, transactional_id: str) -> AsyncIterator[AIOKafkaProducer]:
    """Give the one producer of this id: whoever had it before can commit no more."""
    producer = AIOKafkaProducer(
        **connection(settings),
        transactional_id=transactional_id,
        transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
        retry_backoff_ms=RETRY_BACKOFF_MS,
        max_batch_size=BATCH_BYTES_MAX,
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def write_in_one(producer: AIOKafkaProducer, outputs: Mapping[Place, Iterable[Send]]) -> None:
    """Write everything in one transaction; returns once Kafka has committed it."""
    try:
        async with producer.transaction():
            acknowledgements = [
                acknowledgement
                for (topic, partition), sends in outputs.items()
                for acknowledgement in await send_batches(producer, topic, partition, sends)
            ]
            await asyncio.gather(*acknowledgements)
    except ProducerFenced:
        raise TakenOver(
            "another run of this command began meanwhile; nothing of this one was written"
        ) from None
