"""Who is in the workers' consumer group, as Kafka knows it."""

from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    NotCoordinatorForGroupError,
    for_code,
)

from streams.kafka import connection
from streams.settings import Settings
from streams.topics import APP_ID

# On a new Kafka nobody keeps groups, nor their offsets, until the first one is there.
NO_GROUPS_YET = (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError)


async def members_of(settings: Settings) -> int:
    """Return how many workers are in the group, those among them whose session still runs.

    Raises `KafkaError` where Kafka does not say: nobody is no answer to that.
    """
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        described: Any = await admin.describe_consumer_groups([APP_ID])
    finally:
        await admin.close()
    # Error, group, state, protocol type, protocol, members: Kafka's answer, undone by nobody.
    groups = [group for answer in described for group in answer.groups]
    for code, name, *_ in groups:
        if code:
            raise for_code(code)(f"of the group {name}")
    return sum(len(group[5]) for group in groups)
