"""Reading every topic from its beginning on, as a subscriber does: only what is committed."""

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.demo.figures import Figures
from streams.kafka import connection
from streams.reading import consumer_of
from streams.settings import Settings
from streams.topic_admin import all_partitions

POLL_MS = 100
FETCH_BYTES_MIN = 65_536  # fewer and larger fetches: they cost Kafka and this process alike
RECORDS_AT_ONCE_MAX = 2_000  # of one fold: the loop serves the sandbox and the screen too


class Tail:
    """Keeps figures of all that becomes visible; `run` is to be a task of its own.

    Invariant: `position` is where the figures stand, for every partition of every topic.
    """

    def __init__(self, settings: Settings, figures: Figures) -> None:
        self._settings = settings
        self._figures = figures
        self._partitions = all_partitions(settings)
        self._asking: AIOKafkaConsumer | None = None  # for the ends, open transactions included
        self._positions = dict.fromkeys(self._partitions, 0)

    async def run(self) -> None:
        """Read until cancelled."""
        async with consumer_of(
            self._settings, self._partitions, fetch_bytes_min=FETCH_BYTES_MIN
        ) as consumer:
            await consumer.seek_to_beginning(*self._partitions)
            while True:
                await self._read_some(consumer)

    async def has_drained(self) -> bool:
        """Say whether every lane has taken everything, and every consequence has been read.

        The ends include open transactions: a mark may be visible a moment before its outputs.
        """
        if self._figures.lag():
            return False
        ends = await self._ends_written()
        reached = all(self._positions[partition] >= end for partition, end in ends.items())
        return reached and not self._figures.lag()

    async def close(self) -> None:
        """Stop asking."""
        if self._asking is not None:
            await self._asking.stop()

    async def _ends_written(self) -> dict[TopicPartition, int]:
        if self._asking is None:
            self._asking = AIOKafkaConsumer(
                **connection(self._settings), isolation_level="read_uncommitted"
            )
            await self._asking.start()
        return await self._asking.end_offsets(self._partitions)

    async def _read_some(self, consumer: AIOKafkaConsumer) -> None:
        lists: dict[Any, Any] = await consumer.getmany(
            timeout_ms=POLL_MS, max_records=RECORDS_AT_ONCE_MAX
        )
        for records in lists.values():
            self._figures.take(records)
            await asyncio.sleep(0)
        for partition in self._partitions:
            self._positions[partition] = await consumer.position(partition)
