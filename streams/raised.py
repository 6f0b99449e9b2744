"""What a person must look at: the exceptions that were raised and not cleared yet."""

from aiokafka import TopicPartition
from pydantic import ValidationError

from ledger.wire_outputs import ExceptionV1
from streams.reading import read_last
from streams.settings import Settings
from streams.topic_admin import check_topics
from streams.topics import EXCEPTIONS


async def raised(settings: Settings) -> list[ExceptionV1]:
    """Return the exceptions that stand now, the oldest first; junk of others is passed over."""
    await check_topics(settings)
    partitions = [TopicPartition(EXCEPTIONS.name, each) for each in range(settings.partitions)]
    last = await read_last(settings, partitions)
    told = [exception for value in last.values() if (exception := _parsed(value)) is not None]
    return sorted(
        (each for each in told if each.state == "raised"),
        key=lambda each: (each.raised_at is None, each.raised_at, each.exception_id),
    )


def _parsed(value: bytes) -> ExceptionV1 | None:
    try:
        return ExceptionV1.model_validate_json(value)
    except ValidationError:
        return None
