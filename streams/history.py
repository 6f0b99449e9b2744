"""A SKU as it is and as it came to be: its card, its last movements and entries."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import quote

import aiohttp
import orjson
from aiokafka import TopicPartition
from yarl import URL

from streams.engine.fold import SourceRecord
from streams.partitions import partition_of
from streams.pulse import client
from streams.reading import consumer_of, read_between
from streams.settings import Settings
from streams.topic_admin import all_partitions
from streams.topics import JOURNAL, MOVEMENTS, STOCK_CHANGELOG
from streams.web.cards import row

LOOK_BACK_MAX = 200_000  # offsets of one partition, from its end; what is older is not looked at

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """What is known of one SKU; movements and entries with the newest last."""

    card: Fields
    card_from: Literal["worker", "changelog"]
    movements: Sequence[Fields]
    entries: Sequence[Fields]


async def history_of(settings: Settings, sku: str, last: int) -> History | None:
    """Return a SKU's card and its last movements and entries; None where there is no card."""
    card, card_from = await _card_of_worker(settings, sku), "worker"
    if card is None:
        card, card_from = await _card_of_changelog(settings, sku), "changelog"
    if card is None:
        return None
    key, needle = sku.encode(), orjson.dumps(sku)
    movements = [TopicPartition(MOVEMENTS.name, partition_of(key, settings.partitions))]
    journal = [tp for tp in all_partitions(settings) if tp.topic == JOURNAL.name]
    return History(
        card=card,
        card_from="worker" if card_from == "worker" else "changelog",
        movements=await _last(settings, movements, last, lambda record: record.key == key),
        entries=[
            entry
            for entry in await _last(settings, journal, last, lambda r: needle in r.value)
            if entry["sku"] == sku
        ],
    )


async def _card_of_worker(settings: Settings, sku: str) -> Fields | None:
    """Return the card as a worker shows it; None where none answers for it."""
    url = URL(f"http://{settings.web_bind}/table/stock/{quote(sku, safe='')}", encoded=True)
    try:
        async with client(settings) as session, session.get(url) as answer:
            shown = await answer.json() if answer.status == HTTPStatus.OK else None
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None
    # Something else may listen there.
    fits = isinstance(shown, dict) and shown.get("sku") == sku and "levels" in shown
    return shown if fits else None


async def _card_of_changelog(settings: Settings, sku: str) -> Fields | None:
    key = sku.encode()
    partition = partition_of(key, settings.partitions)
    place = TopicPartition(STOCK_CHANGELOG.name, partition)
    found: bytes | None = None
    async with consumer_of(settings, [place]) as consumer:
        beginning = await consumer.beginning_offsets([place])
        ends = await consumer.end_offsets([place])
        async for _, records in read_between(consumer, beginning, ends):
            own = [record.value for record in records if record.key == key]
            found = own[-1] if own else found
    return row(key, found, partition, "none") if found else None


async def _last(
    settings: Settings,
    partitions: Sequence[TopicPartition],
    count: int,
    wanted: Callable[[SourceRecord], bool],
) -> list[Fields]:
    """Return the values of the newest wanted records, the newest last."""
    found: list[tuple[int, int, bytes]] = []
    async with consumer_of(settings, partitions) as consumer:
        ends = await consumer.end_offsets(partitions)
        begin = await consumer.beginning_offsets(partitions)
        start = {tp: max(begin[tp], ends[tp] - LOOK_BACK_MAX) for tp in partitions}
        async for _, records in read_between(consumer, start, ends):
            found += [(r.timestamp, r.offset, r.value) for r in records if wanted(r)]
            found = sorted(found)[-count:]
    return [orjson.loads(value) for _, _, value in found]
