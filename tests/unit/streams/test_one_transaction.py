"""What a command says of its transaction that did not go well; no Kafka is there."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import ProducerFenced
from aiokafka.producer.transaction_manager import TransactionState

from streams.commands.say import EXIT_UNAVAILABLE, one_line_errors
from streams.engine.settling import Settling
from streams.one_transaction import NotShown, OnlyWriter, TakenOver
from tests.support.kafka import eventually

SOON_S = 5.0
NOBODY = {"bootstrap_servers": "127.0.0.1:1"}


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


@pytest.mark.parametrize("commit", [False, True])
async def test_who_is_fenced_before_it_writes_has_written_nothing(
    producer: AIOKafkaProducer, commit: bool
) -> None:
    """Another run may begin while this one ends what an earlier one left open."""
    writer = OnlyWriter(producer, Settling(NOBODY))
    ending = asyncio.create_task(writer.end_all_over([], commit=commit))
    transaction = transaction_of(producer)
    ends = {TransactionState.ABORTING_TRANSACTION, TransactionState.COMMITTING_TRANSACTION}
    await eventually(lambda: transaction.state in ends, SOON_S)
    transaction.fatal_error(ProducerFenced())

    with pytest.raises(TakenOver, match="nothing of this one was written"):
        await ending


async def test_what_is_committed_is_said_to_be_where_kafka_goes_away_right_then(
    producer: AIOKafkaProducer,
) -> None:
    """That Kafka does not answer is half of it: who read no more would not know what became of it.

    The command may be run again: it counts nothing twice. Its exit code is Kafka's, all the same.
    """
    settling = Settling(NOBODY)
    writing = asyncio.create_task(OnlyWriter(producer, settling).write({}))
    transaction = transaction_of(producer)
    commits = TransactionState.COMMITTING_TRANSACTION
    await eventually(lambda: transaction.state is commits, SOON_S)
    transaction.complete_transaction()

    with pytest.raises(NotShown, match=r"committed; then Kafka did not answer .* run .* again"):
        await writing
    await settling.stop()

    with pytest.raises(SystemExit) as ended, one_line_errors():
        writing.result()
    assert ended.value.code == EXIT_UNAVAILABLE
