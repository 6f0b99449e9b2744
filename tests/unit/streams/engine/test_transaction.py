"""A producer that has failed, where there is no Kafka: its last words are what it failed of."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    IllegalOperation,
    KafkaConnectionError,
    KafkaError,
    ProducerClosed,
    ProducerFenced,
)
from aiokafka.producer.transaction_manager import TransactionState

from streams.engine.transaction import first_failure, transactional_producer
from tests.support.kafka import eventually

PLACE = TopicPartition("any", 0)
OFFSETS = {PLACE: 1}
SOON_S = 5.0


@pytest.fixture
async def producer() -> AsyncIterator[AIOKafkaProducer]:
    """Return one in the middle of a transaction, as Kafka's answers would have brought it there."""
    producer = transactional_producer({}, "a-lane", timeout_ms=1_000)
    transaction_of(producer).set_pid_and_epoch(1, 0)
    await producer.begin_transaction()
    yield producer
    await producer.stop()


def transaction_of(producer: AIOKafkaProducer) -> Any:
    return producer._txn_manager


async def test_a_fenced_producer_says_that_it_was_fenced(producer: AIOKafkaProducer) -> None:
    """Not that it is not in a transaction: the sender's task fails between two records."""
    transaction_of(producer).fatal_error(ProducerFenced())

    with pytest.raises(ProducerFenced), first_failure(producer):
        await producer.send_offsets_to_transaction(OFFSETS, "a-group")
    with pytest.raises(ProducerFenced), first_failure(producer):
        await producer.commit_transaction()


async def test_its_failure_keeps_its_cause(producer: AIOKafkaProducer) -> None:
    """What the sender met is told below what it made of it."""
    cause, failure = KafkaConnectionError("closed"), KafkaError("batch delivery")
    failure.__cause__ = cause
    transaction_of(producer).fatal_error(failure)

    with pytest.raises(KafkaError, match="batch delivery") as raised, first_failure(producer):
        await producer.send_offsets_to_transaction(OFFSETS, "a-group")
    assert raised.value.__cause__ is cause


async def test_a_refusal_without_a_failure_is_told_as_it_is(producer: AIOKafkaProducer) -> None:
    """A transaction that nobody began is our own mistake."""
    transaction_of(producer).committing_transaction()

    with pytest.raises(IllegalOperation), first_failure(producer):
        await producer.send_offsets_to_transaction(OFFSETS, "a-group")


async def test_any_other_error_is_told_as_it_is(producer: AIOKafkaProducer) -> None:
    """It comes with a cause of its own."""
    transaction_of(producer).fatal_error(ProducerFenced())

    with pytest.raises(ValueError, match="our own"), first_failure(producer):
        raise ValueError("our own")


async def test_a_failure_that_nobody_waited_for_is_not_told_twice(
    producer: AIOKafkaProducer, unheard: list[dict[str, Any]]
) -> None:
    """A transaction that never came to its commit says nothing of its own when it is collected."""
    transaction = transaction_of(producer)
    transaction.fatal_error(ProducerFenced())

    await producer.stop()
    transaction._transaction_waiter = None
    gc.collect()

    assert not unheard


async def test_nobody_waits_for_a_producer_that_is_closed(producer: AIOKafkaProducer) -> None:
    """Of records, offsets and an end that will not be sent any more, each is told so."""
    waiting = await waiting_for_kafka(producer)

    async with asyncio.timeout(SOON_S):
        await producer.stop()
        told = await asyncio.gather(*waiting, return_exceptions=True)

    assert [ProducerClosed] * len(waiting) == [type(failure) for failure in told]


async def test_who_waits_no_more_for_a_closed_producer_is_told_nothing(
    producer: AIOKafkaProducer, unheard: list[dict[str, Any]]
) -> None:
    """A lane that is given back is cancelled first: what it waited for is not told to the log."""
    await cancel(await waiting_for_kafka(producer))

    await producer.stop()
    producer._message_accumulator._batches.clear()
    producer._message_accumulator._pending_batches.clear()
    transaction_of(producer)._transaction_waiter = None
    gc.collect()

    assert not unheard


async def cancel(waiting: Iterable[asyncio.Future[Any]]) -> None:
    waiting = set(waiting)
    for each in waiting:
        each.cancel()
    await asyncio.wait(waiting)


async def test_what_was_to_be_sent_again_ends_like_the_rest(
    producer: AIOKafkaProducer, unheard: list[dict[str, Any]]
) -> None:
    """Kafka had refused it for a moment: it is on its way no more, and not gone either."""
    accumulator = producer._message_accumulator
    sent = await accumulator.add_batch(producer.create_batch(), PLACE, SOON_S)
    accumulator.reenqueue(accumulator._pop_batch(PLACE))

    await producer.stop()

    with pytest.raises(ProducerClosed):
        await sent
    assert not unheard


async def waiting_for_kafka(producer: AIOKafkaProducer) -> list[asyncio.Future[Any]]:
    """Return what waits for two batches of a partition, for the offsets, and for the commit."""
    transaction, accumulator = transaction_of(producer), producer._message_accumulator
    sent = await accumulator.add_batch(producer.create_batch(), PLACE, SOON_S)
    waiting: list[asyncio.Future[Any]] = [
        sent,
        asyncio.create_task(accumulator.add_batch(producer.create_batch(), PLACE, SOON_S)),
        asyncio.create_task(producer.send_offsets_to_transaction(OFFSETS, "a-group")),
    ]
    await eventually(lambda: transaction._pending_txn_offsets, SOON_S)
    waiting.append(asyncio.create_task(producer.commit_transaction()))
    commits = TransactionState.COMMITTING_TRANSACTION
    await eventually(lambda: transaction.state is commits, SOON_S)
    return waiting
