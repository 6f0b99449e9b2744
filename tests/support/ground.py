"""The ground of one engine test: topics of its own, workers, what was sent, and the final check."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewPartitions, RecordsToDelete

from tests.support.folds import Names
from tests.support.kafka import Record, administering, create_topics, eventually, read_all
from tests.support.numbers import Number, check_changelogs, check_movements, check_output
from tests.support.workers import LOG_TAIL_CHARS, SESSION, SESSION_MS, Worker

SENT_AT_ONCE = 20
PACE_S = 0.02  # between two sendings of a load: some 1,000 numbers a second
SETTLED_WITHIN_S = 60.0
LIKE_OURS = {"message.timestamp.type": "LogAppendTime"}
COMPACT = LIKE_OURS | {"cleanup.policy": "compact"}


class Ground:
    """One group on topics of its own; leaves no process behind."""

    def __init__(self, kafka: str, folder: Path, partitions: int = 2) -> None:
        self.kafka = kafka
        self.names = Names(f"engine-{secrets.token_hex(4)}")
        self.partitions = partitions
        self.sent: list[Number] = []
        self._workers: list[Worker] = []
        self._folder = folder
        self._producer = AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True)

    async def __aenter__(self) -> Self:
        await self.make_topics(*self.names.plain)
        await self.make_topics(*self.names.changelogs, config=COMPACT)
        await self._producer.start()
        return self

    async def __aexit__(self, failure: type[BaseException] | None, *_: object) -> None:
        for worker in self._workers:
            await worker.end()
            if failure is not None:
                print(f"--- {worker.log_file.name}\n{worker.log[-LOG_TAIL_CHARS:]}")  # noqa: T201 (pytest shows it beside the failure)
        await self._producer.stop()

    async def make_topics(self, *topics: str, config: dict[str, str] = LIKE_OURS) -> None:
        await create_topics(self.kafka, *topics, partitions=self.partitions, config=config)

    async def add_partitions(self, topic: str, partitions: int) -> None:
        async with administering(self.kafka) as admin:
            await admin.create_partitions({topic: NewPartitions(partitions)})

    async def delete_records(self, topic: str, partition: int, *, before: int) -> None:
        async with administering(self.kafka) as admin:
            source = TopicPartition(topic, partition)
            await admin.delete_records({source: RecordsToDelete(before)})

    def environment(self) -> dict[str, str]:
        """Return what a worker of this ground must be told."""
        return {
            "ENGINE_APP_ID": self.names.app_id,
            "STOCK_KAFKA": self.kafka,
            "STOCK_PARTITIONS": str(self.partitions),
            SESSION: str(SESSION_MS),
        }

    def start(self, **environment: str) -> Worker:
        """Start a worker; who needs it ready waits for that."""
        worker = Worker(self.environment() | environment, self._folder)
        self._workers.append(worker)
        return worker

    async def send(self, count: int) -> None:
        """Send the next so many numbers; returns once Kafka has them."""
        numbers = [Number(len(self.sent) + i) for i in range(count)]
        await self.send_raw(self.names.deliveries, *((n.key, n.value) for n in numbers))
        self.sent += numbers

    async def send_raw(self, topic: str, *records: tuple[bytes, bytes]) -> None:
        """Send records, each to its key's partition; returns once Kafka has them."""
        acknowledgements = [
            await self._producer.send(topic, value, key, partition=self.partition_of(key))
            for key, value in records
        ]
        await asyncio.gather(*acknowledgements)

    def partition_of(self, key: bytes) -> int:
        return int(key[1:]) % self.partitions

    @asynccontextmanager
    async def load(self) -> AsyncIterator[None]:
        """Send on and on while the block runs."""
        stop = asyncio.Event()
        sending = asyncio.create_task(self._send_until(stop))
        try:
            yield
        finally:
            stop.set()
            await sending

    async def added(self) -> int:
        """Return how many numbers are added and committed, as the workers' lanes tell."""
        return await self._counted("added")

    async def _counted(self, fate: str) -> int:
        states = await asyncio.gather(*(w.state() for w in self._workers if w.runs))
        counts: dict[str, int] = {}
        for state in filter(None, states):
            for lane, fates in state["counts"].items():
                counts[lane] = max(counts.get(lane, 0), fates.get(fate, 0))
        return sum(counts.values())

    async def until_added(self, count: int, within_s: float = SETTLED_WITHIN_S) -> None:
        """Wait until so many numbers, or more, are added and committed."""
        await eventually(lambda: self._has_added(count), within_s)

    async def settled(self, within_s: float = SETTLED_WITHIN_S) -> None:
        """Wait until all that was sent is added and committed."""
        await self.until_added(len(self.sent), within_s)

    async def check(self) -> None:
        """Hold the log against what was sent: each number once, sums right, changelog equal."""
        check_movements(self.sent, await self.records(self.names.movements))
        check_output(self.sent, await self.records(self.names.output))
        check_changelogs(
            self.sent,
            copied=await self.records(self.names.copy_changelog),
            added=await self.records(self.names.add_changelog),
        )

    async def records(self, topic: str, *, committed: bool = True) -> list[Record]:
        return await read_all(self.kafka, topic, committed=committed)

    async def aborted(self, topic: str) -> int:
        """Return how many records were written and never became visible."""
        everything = await self.records(topic, committed=False)
        return len(everything) - len(await self.records(topic))

    async def _has_added(self, count: int) -> bool:
        return await self.added() >= count

    async def _send_until(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self.send(SENT_AT_ONCE)
            await asyncio.sleep(PACE_S)
