"""A Kafka for the benchmarks alone: pinned, loaded once, swept between two runs."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CommitFailedError

from streams.bench import load
from streams.bench.machine import Cores, pin
from streams.bench.plan import Plan
from streams.broker import LocalKafka
from streams.broker.ports import draw_port
from streams.engine.errors import RefusesToRun
from streams.engine.fold import Send
from streams.engine.transaction import BATCH_BYTES_MAX, send_batches
from streams.kafka import connection
from streams.partitions import partition_of
from streams.settings import Settings
from streams.topic_admin import create_topics
from streams.topics import APP_ID, MOVEMENTS, PRODUCTS, STOCK_CHANGELOG, TOPICS

LOADED = (MOVEMENTS.name, PRODUCTS.name)
SENT_AT_ONCE = 20_000
LOOK_EVERY_S = 0.05
ASK_AGAIN_S = 0.5
LEFT_MAX_S = 60.0  # a member goes with its session at the latest
REMADE_MAX_S = 30.0  # Kafka deletes in the background; longer means that it does not


@dataclass(frozen=True, slots=True)
class Ground:
    """Where benchmarks run: settings of their own for this process, variables for children."""

    settings: Settings
    variables: Mapping[str, str]
    cores: Cores

    async def load(self, plan: Plan) -> None:
        """Make the topics anew and write the movements and the products of a plan."""
        await self._remake({plan.name for plan in TOPICS})
        async with self.producer() as producer:
            partitions = range(self.settings.partitions)
            await self._send(producer, PRODUCTS.name, load.products(plan))
            for partition in partitions:
                opened = [load.opened()]
                await asyncio.gather(
                    *await send_batches(producer, MOVEMENTS.name, partition, opened)
                )
            await self._send(producer, MOVEMENTS.name, load.movements(plan))

    async def load_cards(self, plan: Plan) -> None:
        """Make the topics anew and write the changelog of a plan's cards."""
        await self._remake({plan.name for plan in TOPICS})
        partitions = self.settings.partitions
        async with self.producer() as producer:
            for partition in range(partitions):
                kept = load.changelog(plan, partition, partitions)
                while some := list(islice(kept, SENT_AT_ONCE)):
                    sent = await send_batches(producer, STOCK_CHANGELOG.name, partition, some)
                    await asyncio.gather(*sent)

    async def sweep(self) -> None:
        """Take away what a run has left; what was loaded stays, and is read from its beginning."""
        await self._remake({plan.name for plan in TOPICS} - set(LOADED))
        consumer = AIOKafkaConsumer(
            **connection(self.settings), group_id=APP_ID, enable_auto_commit=False
        )
        await consumer.start()
        try:
            sources = [
                TopicPartition(topic, partition)
                for topic in LOADED
                for partition in range(self.settings.partitions)
            ]
            consumer.assign(sources)
            async with asyncio.timeout(LEFT_MAX_S):
                while not await _commits(consumer, sources):  # noqa: ASYNC110 (as below)
                    await asyncio.sleep(ASK_AGAIN_S)
        finally:
            await consumer.stop()

    async def ends(self, *topics: str) -> dict[TopicPartition, int]:
        """Return the ends of topics."""
        consumer = AIOKafkaConsumer(**connection(self.settings))
        await consumer.start()
        try:
            partitions = range(self.settings.partitions)
            return await consumer.end_offsets(
                [TopicPartition(t, p) for t in topics for p in partitions]
            )
        finally:
            await consumer.stop()

    @asynccontextmanager
    async def producer(self) -> AsyncIterator[AIOKafkaProducer]:
        """Give a plain producer that loads fast."""
        producer = AIOKafkaProducer(
            **connection(self.settings), max_batch_size=BATCH_BYTES_MAX, linger_ms=5
        )
        await producer.start()
        try:
            yield producer
        finally:
            await producer.stop()

    async def _send(self, producer: AIOKafkaProducer, topic: str, sends: Iterable[Send]) -> None:
        partitions: dict[bytes, int] = {}
        sends = iter(sends)
        while some := list(islice(sends, SENT_AT_ONCE)):
            parted: dict[int, list[Send]] = {}
            for send in some:
                key = send[0] or b""
                if key not in partitions:
                    partitions[key] = partition_of(key, self.settings.partitions)
                parted.setdefault(partitions[key], []).append(send)
            sent = [await send_batches(producer, topic, p, parted[p]) for p in parted]
            await asyncio.gather(*chain.from_iterable(sent))

    async def _remake(self, topics: set[str]) -> None:
        admin = AIOKafkaAdminClient(**connection(self.settings))
        await admin.start()
        try:
            there = topics & set(await admin.list_topics())
            if there:
                await admin.delete_topics(sorted(there))
            # A broker that is busy shows for a while what is deleted: that is not a topic made.
            async with asyncio.timeout(REMADE_MAX_S):
                while there & set(await admin.list_topics()):  # noqa: ASYNC110 (as below)
                    await asyncio.sleep(LOOK_EVERY_S)
        finally:
            await admin.close()
        async with asyncio.timeout(REMADE_MAX_S):
            while not await self._made():  # noqa: ASYNC110 (Kafka tells nobody when it is done)
                await asyncio.sleep(LOOK_EVERY_S)

    async def _made(self) -> bool:
        """Make the topics; False while Kafka is still deleting those of before."""
        try:
            await create_topics(self.settings)
        except RefusesToRun:
            return False
        return True


async def _commits(consumer: AIOKafkaConsumer, sources: Iterable[TopicPartition]) -> bool:
    """Set the group's offsets to nothing; False while it has a member that left unsaid."""
    try:
        await consumer.commit(dict.fromkeys(sources, 0))
    except CommitFailedError:
        return False
    return True


@asynccontextmanager
async def ground(folder: Path, cache: Path, cores: Cores) -> AsyncIterator[Ground]:
    """Start a Kafka in a folder, pinned to its core with this process; stop it at the end."""
    local = LocalKafka(folder, port=0, cache=cache)
    try:
        await asyncio.to_thread(local.start)
        if local.pid is not None:
            pin(local.pid, cores.other)
        pin(os.getpid(), cores.other)
        values = {
            "kafka": local.bootstrap,
            "home": str(folder),
            "door_bind": f"127.0.0.1:{draw_port()}",
            "door_secret": secrets.token_urlsafe(32),
            "web_bind": f"127.0.0.1:{draw_port()}",
            "partitions": 8,
            "clarus": {"tenant": "bench", "accounts": [load.ACCOUNT]},
        }
        yield Ground(Settings.model_validate(values), _variables(values), cores)
    finally:
        await asyncio.to_thread(local.stop)


def _variables(values: Mapping[str, object]) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("STOCK_")}
    said = {
        f"STOCK_{name}".upper(): value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in values.items()
    }
    return kept | said
