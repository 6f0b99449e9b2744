"""A SKU as it is and as it came to be: its card, what waits, its last movements and entries."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from operator import itemgetter
from typing import Any

import orjson
from aiokafka import TopicPartition
from pydantic import ValidationError

from ledger.errors import MalformedRecord
from ledger.wire import parse_movement, render_movement
from ledger.wire_outputs import EntryV1
from streams.engine.fold import SourceRecord
from streams.partitions import partition_of
from streams.reading import consumer_of, read_between, read_last
from streams.settings import Settings
from streams.topic_admin import all_partitions
from streams.topics import JOURNAL, MOVEMENTS, STOCK_CHANGELOG
from streams.web.cards import fields_of
from tables.cards import parse_card
from tables.stock import PARKED
from tables.waiting import WAITING, kept_fields

OPENING = "opening"  # what a movement of a place that was not opened lacks
NOT_YET = (PARKED, WAITING)  # what is kept of movements that are not in the books, or in no level
LOOK_BACK_MAX = 200_000  # offsets of one partition, from its end; what is older is not looked at

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """What is known of one SKU; movements and entries with the newest last."""

    card: Fields
    movements: Sequence[Fields]
    entries: Sequence[Fields]
    waits: Sequence[Fields] = ()  # {"lacks": "E02", "E03" or "opening", "movement": {...}}


async def history_of(settings: Settings, sku: str, last: int) -> History | None:
    """Return a SKU's card, what waits of it, its last movements and entries; None without a card.

    All of it is read from the Kafka of the settings. A worker has the card at hand, and its page
    does not say whose worker it is: another installation's would put its card above our entries.

    Raises `UnreadableState` where what stands in a card's place is none.
    """
    kept = await _kept_of(settings, sku)
    card = kept.get(sku.encode())
    if card is None:
        return None
    parse_card(card)  # raises where it is none
    own = partition_of(sku.encode(), settings.partitions)
    movements = [TopicPartition(MOVEMENTS.name, own)]
    journal = [tp for tp in all_partitions(settings) if tp.topic == JOURNAL.name]
    return History(
        card=fields_of(card),
        waits=list(_waits(sku, kept)),
        movements=await _last(settings, movements, last, partial(movement_of, sku)),
        entries=await _last(settings, journal, last, partial(entry_of, sku)),
    )


def movement_of(sku: str, record: SourceRecord) -> Fields | None:
    """Return the movement of a SKU that a record is; None for any other record, junk too.

    Every field is there, those that its writer left out as well.
    """
    if record.key != sku.encode():
        return None
    try:
        movement = parse_movement(record.value or b"")
    except MalformedRecord:
        return None
    return orjson.loads(render_movement(movement)) if movement.sku == sku else None


def entry_of(sku: str, record: SourceRecord) -> Fields | None:
    """Return the entry of a SKU that a record is; None for any other record, junk too."""
    value = record.value or b""
    # Most of the journal is of others: what does not even name the SKU is not parsed.
    if orjson.dumps(sku) not in value:
        return None
    try:
        entry = EntryV1.model_validate_json(value)
    except ValidationError:
        return None
    return orjson.loads(value) if entry.sku == sku else None


async def _kept_of(settings: Settings, sku: str) -> dict[bytes, bytes]:
    """Return what the changelog keeps of a SKU, committed; a partition of it is read whole."""
    place = TopicPartition(STOCK_CHANGELOG.name, partition_of(sku.encode(), settings.partitions))
    return await read_last(settings, [place], partial(_may_be_of, sku))


def _may_be_of(sku: str, record: SourceRecord) -> bool:
    key, value = record.key or b"", record.value
    is_beside = key.startswith(NOT_YET) and (value is None or orjson.dumps(sku) in value)
    return is_beside or key == sku.encode()


def _waits(sku: str, kept: Mapping[bytes, bytes]) -> Iterator[Fields]:
    """Yield what is kept beside the card, the oldest first."""
    fields = [kept_fields(value) for key, value in kept.items() if key.startswith(NOT_YET)]
    for each in sorted(fields, key=itemgetter("offset")):
        if each["movement"].sku == sku:
            movement = orjson.loads(render_movement(each["movement"]))
            yield {"lacks": each.get("lacks", OPENING), "movement": movement}


async def _last(
    settings: Settings,
    partitions: Sequence[TopicPartition],
    count: int,
    read: Callable[[SourceRecord], Fields | None],
) -> list[Fields]:
    """Return what is read of the newest records that `read` takes, the newest last."""
    found: list[tuple[int, int, Fields]] = []
    async with consumer_of(settings, partitions) as consumer:
        ends = await consumer.end_offsets(partitions)
        begin = await consumer.beginning_offsets(partitions)
        start = {tp: max(begin[tp], ends[tp] - LOOK_BACK_MAX) for tp in partitions}
        async for _, records in read_between(consumer, start, ends):
            found += islice(_read_backwards(records, read), count)
            found = sorted(found, key=itemgetter(0, 1))[-count:]
    return [fields for _, _, fields in found]


def _read_backwards(
    records: Sequence[SourceRecord], read: Callable[[SourceRecord], Fields | None]
) -> Iterator[tuple[int, int, Fields]]:
    for record in reversed(records):
        fields = read(record)
        if fields is not None:
            yield record.timestamp, record.offset, fields
