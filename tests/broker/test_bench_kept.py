"""What a benchmark asks Kafka while it waits."""

import asyncio

from streams.bench.kept import committed
from streams.broker import LocalKafka
from tests.support.kafka import administering


async def test_nothing_is_committed_where_no_group_was_ever(own_kafka: LocalKafka) -> None:
    """A new Kafka has nobody yet who keeps the offsets of groups: who waits asks again."""
    await asyncio.to_thread(own_kafka.start)
    async with administering(own_kafka.bootstrap) as admin:
        assert await committed(admin, "nobody") == 0
