"""What is closed while Kafka does not answer is closed all the same: nothing of it asks any more.

A real broker, frozen in the middle of it, and well again afterwards. Not covered: TLS.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.client import AIOKafkaClient

from streams.broker import LocalKafka
from streams.engine.attempt import Attempt, GivenUp
from streams.engine.faust_batches import GIVE_UP_EVERY_S
from streams.engine.recovery import _reading
from streams.engine.settling import Settling
from streams.engine.transaction import (
    BATCH_BYTES_MAX,
    STOP_TIMEOUT_S,
    LaneWriter,
    send_batches,
)
from streams.rebuild.run import Owned
from tests.support.kafka import create_topics, eventually

TOPIC = "a-changelog"
PARTITIONS = 16
SMALL, LARGE = b"x", b"x" * (BATCH_BYTES_MAX - 1_000)
TRANSACTION_TIMEOUT_MS = 60_000
BEGUN_WITHIN_S = 5.0
CLOSED_WITHIN_S = STOP_TIMEOUT_S + 5.0
GONE_WITHIN_S = 20.0


@pytest.fixture
async def kafka(own_kafka: LocalKafka) -> AsyncIterator[LocalKafka]:
    await asyncio.to_thread(own_kafka.start)
    await create_topics(own_kafka.bootstrap, TOPIC, partitions=PARTITIONS)
    await eventually(lambda: not connections(own_kafka), BEGUN_WITHIN_S)
    yield own_kafka
    await asyncio.to_thread(own_kafka.stop)


@contextmanager
def frozen(kafka: LocalKafka) -> Iterator[None]:
    """Have Kafka answer nothing, and take nothing beyond what fits between it and us."""
    pid = kafka.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def connections(kafka: LocalKafka) -> list[Any]:
    """Return this process's connections to a broker."""
    ours = psutil.Process().net_connections("tcp")
    return [one for one in ours if one.raddr and one.raddr.port == kafka.port]


async def asks(client: AIOKafkaClient) -> None:
    """Return once a client waits for an answer of Kafka."""
    await eventually(
        lambda: any(connection._requests for connection in client._conns.values()), BEGUN_WITHIN_S
    )


async def left_behind(kafka: LocalKafka, before: set[asyncio.Task[Any]]) -> list[str]:
    """Return what runs, or is connected, that was not before."""
    tasks = [repr(task.get_coro()) for task in asyncio.all_tasks() - before]
    return tasks + [repr(one) for one in connections(kafka)]


@pytest.mark.parametrize("value", [SMALL, LARGE])
async def test_a_lane_given_back_while_kafka_is_frozen_leaves_nothing(
    kafka: LocalKafka, value: bytes
) -> None:
    """Its writer neither goes on asking nor sends once Kafka is well: nobody would end that.

    Not even where its connection is full, and Kafka would have to take what is in it.
    """
    before = asyncio.all_tasks()
    writer = await begun(kafka)
    with frozen(kafka):
        sent = await send_to_all(writer, value)
        await asks(writer._producer.client)
        async with asyncio.timeout(CLOSED_WITHIN_S):
            await writer.stop()
        told = await asyncio.gather(*sent, return_exceptions=True)

        assert not await left_behind(kafka, before)
    assert all(isinstance(failure, Exception) for failure in told)


async def begun(kafka: LocalKafka) -> LaneWriter:
    """Return a writer in the middle of a transaction that every partition is part of."""
    connection = {"bootstrap_servers": kafka.bootstrap}
    writer = LaneWriter(
        Owned("an-agent", 0, TOPIC),
        group="a-group",
        transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
        connection=connection,
        settling=Settling(connection),
    )
    await writer.start()
    await writer._producer.begin_transaction()
    await asyncio.gather(*await send_to_all(writer, SMALL))
    return writer


async def send_to_all(writer: LaneWriter, value: bytes) -> list[asyncio.Future[Any]]:
    return [
        acknowledgement
        for partition in range(PARTITIONS)
        for acknowledgement in await send_batches(
            writer._producer, TOPIC, partition, [(b"K", value, [])]
        )
    ]


async def test_a_lane_given_back_before_kafka_knows_of_its_transaction_leaves_nothing(
    kafka: LocalKafka,
) -> None:
    """What it would have begun is not begun later, when its next owner has been and gone."""
    before = asyncio.all_tasks()
    writer = await begun(kafka)
    await writer._producer.abort_transaction()
    with frozen(kafka):
        await writer._producer.begin_transaction()
        await send_to_all(writer, SMALL)
        await asks(writer._producer.client)
        async with asyncio.timeout(CLOSED_WITHIN_S):
            await writer.stop()

        assert not await left_behind(kafka, before)


async def test_a_reading_given_up_while_kafka_is_frozen_is_closed(kafka: LocalKafka) -> None:
    """However often it is given up: who asked goes on at once, the consumer closes by itself."""
    before = asyncio.all_tasks()
    attempt, started = Attempt(), asyncio.Queue[AIOKafkaConsumer]()
    taking = asyncio.create_task(attempt.unless_given_up(read(kafka, started)))
    consumer = await started.get()
    await eventually(lambda: not connections(kafka), BEGUN_WITHIN_S)
    with frozen(kafka):
        consumer.assign([TopicPartition(TOPIC, 0)])
        await eventually(lambda: connections(kafka), BEGUN_WITHIN_S)
        while not taking.done():
            attempt.give_up()
            await asyncio.wait({taking}, timeout=GIVE_UP_EVERY_S)
        with pytest.raises(GivenUp):
            await taking

    async def is_closed() -> bool:
        return not await left_behind(kafka, before)

    await eventually(is_closed, GONE_WITHIN_S)


async def read(kafka: LocalKafka, started: asyncio.Queue[AIOKafkaConsumer]) -> None:
    async with _reading("a-group", {"bootstrap_servers": kafka.bootstrap}) as consumer:
        started.put_nowait(consumer)
        await asyncio.Event().wait()
