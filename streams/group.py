"""Who is in the workers' consumer group, as Kafka knows it."""

from typing import Any

from aiokafka.admin import AIOKafkaAdminClient

from streams.kafka import connection
from streams.settings import Settings
from streams.topics import APP_ID


async def members_of(settings: Settings) -> int:
    """Return how many workers are in the group, those among them whose session still runs."""
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        described: Any = await admin.describe_consumer_groups([APP_ID])
    finally:
        await admin.close()
    # Error, group, state, protocol type, protocol, members: Kafka's answer, undone by nobody.
    return sum(len(group[5]) for answer in described for group in answer.groups)
