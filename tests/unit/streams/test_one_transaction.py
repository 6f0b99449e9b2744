"""What a command says of its transaction where another run has taken it over; no Kafka is there."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import ProducerFenced
from aiokafka.producer.transaction_manager import TransactionState

from streams.engine.settling import Settling
from streams.one_transaction import OnlyWriter, TakenOver
from tests.support.kafka import eventually

SOON_S = 5.0


@pytest.fixture
async def producer() -> AsyncIterator[AIOKafkaProducer]:
    """Return one that was started, as Kafka's answer would have left it."""
    producer = AIOKafkaProducer(transactional_id="a-command")
    transaction_of(producer).set_pid_and_epoch(1, 0)
    yield producer
    await producer.stop()


def transaction_of(producer: AIOKafkaProducer) -> Any:
    return producer._txn_manager


async def test_a_commit_that_is_answered_with_a_fence_may_have_been_made(
    producer: AIOKafkaProducer,
) -> None:
    """The first answer to it may be lost, and the second one is to a producer that is fenced."""
    writing = asyncio.create_task(OnlyWriter(producer, Settling({})).write({}))
    transaction = transaction_of(producer)
    commits = TransactionState.COMMITTING_TRANSACTION
    await eventually(lambda: transaction.state is commits, SOON_S)
    transaction.fatal_error(ProducerFenced())

    with pytest.raises(TakenOver, match="not known whether this one was written"):
        await writing
