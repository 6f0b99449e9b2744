"""What broker tests share: waiting without sleeping, topics made, records sent and read back."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

Answer = TypeVar("Answer")
Record = ConsumerRecord[bytes | None, bytes | None]

# Of a broker that tests kill: the next one waits for the session of its dead self.
SOON_AGAIN = {"broker.session.timeout.ms": "2000", "broker.heartbeat.interval.ms": "500"}
ASK_AGAIN_S = 0.05
READ_WITHIN_S = 30.0
GONE_WITHIN_S = 10.0


async def eventually(
    condition: Callable[[], Awaitable[Answer] | Answer], within_s: float
) -> Answer:
    """Return the first true answer; fail with the last one where none comes in time."""
    deadline = asyncio.get_running_loop().time() + within_s
    while True:
        asked = condition()
        answer: Any = await asked if inspect.isawaitable(asked) else asked
        if answer:
            return answer
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not within {within_s} s; the last answer was {answer!r}")
        await asyncio.sleep(ASK_AGAIN_S)


@asynccontextmanager
async def administering(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """Give an administrator's client for a while."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def create_topics(
    bootstrap: str,
    *topics: str,
    partitions: int = 1,
    config: Mapping[str, str] | None = None,
) -> None:
    """Make topics, each with as many partitions and the same configuration."""
    async with administering(bootstrap) as admin:
        await admin.create_topics(
            [NewTopic(name, partitions, 1, topic_configs=dict(config or {})) for name in topics]
        )


async def topic_names(bootstrap: str) -> set[str]:
    """Return the topics that are there, without Kafka's own."""
    async with administering(bootstrap) as admin:
        return {name for name in await admin.list_topics() if not name.startswith("__")}


async def delete_topics(bootstrap: str, *topics: str, within_s: float = GONE_WITHIN_S) -> None:
    """Delete topics; returns once Kafka shows them no more."""
    async with administering(bootstrap) as admin:
        await admin.delete_topics(sorted(topics))

    async def are_gone() -> bool:
        return not set(topics) & await topic_names(bootstrap)

    await eventually(are_gone, within_s)


async def move_offset(bootstrap: str, group: str, source: TopicPartition, offset: int) -> None:
    """Move the offset of a group without members."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign([source])
        await consumer.commit({source: offset})
    finally:
        await consumer.stop()


async def offset_of(bootstrap: str, group: str, source: TopicPartition) -> int:
    """Return where a group stands, as Kafka has it."""
    async with administering(bootstrap) as admin:
        offsets = await admin.list_consumer_group_offsets(group)
    return offsets[source].offset


async def send_all(bootstrap: str, topic: str, values: Iterable[bytes], partition: int = 0) -> None:
    """Send values in order; returns once all are acknowledged by every replica."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        for value in values:
            await producer.send(topic, value, partition=partition)
        await producer.flush()
    finally:
        await producer.stop()


async def read_all(bootstrap: str, topic: str, *, committed: bool = True) -> list[Record]:
    """Return every record up to the end offsets of now, by partition and offset.

    With `committed`, as a consumer sees them that knows transactions: no aborted record, and
    nothing from the first open transaction on.
    """
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        isolation_level="read_committed" if committed else "read_uncommitted",
    )
    await consumer.start()
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            records = await _to_the_end(consumer)
    finally:
        await consumer.stop()
    return sorted(records, key=lambda record: (record.partition, record.offset))


async def _to_the_end(consumer: AIOKafkaConsumer) -> list[Record]:
    records: list[Record] = []
    # Positions move over the marks that end transactions; the offsets of records do not.
    for partition, end in (await consumer.end_offsets(consumer.assignment())).items():
        while await consumer.position(partition) < end:
            taken: dict[Any, list[Any]] = await consumer.getmany(timeout_ms=100)
            records += [record for some in taken.values() for record in some]
    return records
