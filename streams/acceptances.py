"""What a person let in before: a card remembers it for 14 days, the log for ever."""

from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, TopicPartition

from ledger.movement import Movement
from ledger.wire import AHEAD_MAX, parse_movement
from streams.headers import header
from streams.partitions import partition_of
from streams.quarantine import SetAside
from streams.reading import consumer_of, read_between
from streams.settings import Settings
from streams.topics import MOVEMENTS


async def accepted_before(settings: Settings, found: Iterable[SetAside]) -> list[SetAside]:
    """Return which of these movements kept apart count already, by an acceptance.

    A second acceptance has the first one's id, and a card that has forgotten that would count it.
    """
    return [one for one in found if await _is_accepted(settings, parse_movement(one.value))]


async def _is_accepted(settings: Settings, movement: Movement) -> bool:
    partition = partition_of(movement.sku.encode(), settings.partitions)
    place = TopicPartition(MOVEMENTS.name, partition)
    is_accepted = False
    async with consumer_of(settings, [place]) as consumer:
        until = await consumer.end_offsets([place])
        start = {place: await _since(consumer, place, movement, until[place])}
        async for _, records in read_between(consumer, start, until):
            is_accepted |= any(header(one, "ce_id") == movement.accepted_id for one in records)
    return is_accepted


async def _since(
    consumer: AIOKafkaConsumer, place: TopicPartition, movement: Movement, end: int
) -> int:
    """Return where to look from: nobody accepts a movement before it occurs."""
    since = max(0, int((movement.occurred_at - AHEAD_MAX).timestamp() * 1000))
    found = (await consumer.offsets_for_times({place: since}))[place]
    return found.offset if found else end
