"""Transactions that hang, made on purpose, on a broker that does not verify who began them."""

from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition

from streams.broker import LocalKafka
from streams.broker.jvm import Jvm

NEVER = b"never committed"
DECIDED = b"decided, and not marked"
_UNVERIFIED = {"transaction.partition.verification.enable": "false"}


def unverifying_kafka(home: Path) -> LocalKafka:
    """Give a small broker, not started, that takes records of a transaction nobody began."""
    small = Jvm(heap_max="256m", quick_start=True)
    return LocalKafka(home, port=0, jvm=small, properties=_UNVERIFIED)


async def hang(bootstrap: str, transactional_id: str, *topics: str) -> None:
    """Leave a record in partition 0 of each topic, in a transaction nobody will end."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=transactional_id)
    await producer.start()
    try:
        await producer.begin_transaction()
        transactions: Any = producer._txn_manager
        transactions._txn_partitions.update(TopicPartition(topic, 0) for topic in topics)
        for topic in topics:
            await producer.send_and_wait(topic, NEVER, key=b"K0", partition=0)
    finally:
        await producer.stop()


async def decide(
    bootstrap: str, transactional_id: str, marked: str, *left_out: str
) -> tuple[int, dict[TopicPartition, int]]:
    """Commit a transaction that Kafka marks in partition 0 of one topic, and of others not.

    Return the producer's number, and the offsets of what was left out.
    """
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=transactional_id)
    await producer.start()
    try:
        await producer.begin_transaction()
        await producer.send_and_wait(marked, DECIDED, key=b"K0", partition=0)
        transactions: Any = producer._txn_manager
        transactions._txn_partitions.update(TopicPartition(topic, 0) for topic in left_out)
        written: dict[TopicPartition, int] = {}
        for topic in left_out:
            sent = await producer.send_and_wait(topic, DECIDED, key=b"K0", partition=0)
            written[sent.topic_partition] = sent.offset
        await producer.commit_transaction()
        return transactions.producer_id, written
    finally:
        await producer.stop()
