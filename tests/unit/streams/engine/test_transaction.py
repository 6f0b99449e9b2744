"""A producer that has failed, where there is no Kafka: its last words are what it failed of."""

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import IllegalOperation, KafkaConnectionError, KafkaError, ProducerFenced

from streams.engine.transaction import first_failure, transactional_producer

OFFSETS = {TopicPartition("any", 0): 1}


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
    producer: AIOKafkaProducer,
) -> None:
    """A transaction that never came to its commit says nothing of its own when it is collected."""
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    transaction = transaction_of(producer)
    transaction.fatal_error(ProducerFenced())

    await producer.stop()
    transaction._transaction_waiter = None
    gc.collect()

    assert not told
