"""What came of a run, against what the topic says: counted here, with no code of ours."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams.bench.child import within
from tests.bench.peers import work

SETTLED_MAX_S = 150.0  # a dead peer's open transaction is ended by Kafka: 60 s by default
LOOK_EVERY_S = 0.2
# Of a run that nobody disturbed: what is wrong then is told under a name of its own.
WITHOUT_A_KILL = "_without_a_kill"

Record = ConsumerRecord[bytes | None, bytes | None]


@dataclass(slots=True)
class Truth:
    """Each movement id once, and the level that follows."""

    ids: set[str] = field(default_factory=set[str])
    on_hand: Counter[str] = field(default_factory=Counter[str])


@dataclass(slots=True)
class Outcome:
    """What a reader of committed records sees of a peer's work."""

    entries: Counter[str] = field(default_factory=Counter[str])  # by movement id
    on_hand: dict[str, int] = field(default_factory=dict[str, int])  # by SKU, as last published
    appended_ms: list[int] = field(default_factory=list[int])  # of each entry, Kafka's clock


async def truth(kafka: str) -> Truth:
    """Count the topic of movements."""
    found = Truth()
    async for record in _committed(kafka, work.SOURCE):
        movement = orjson.loads(record.value or b"")
        if work.is_movement(movement) and movement["movement_id"] not in found.ids:
            found.ids.add(movement["movement_id"])
            found.on_hand[movement["sku"]] += work.signed(movement)
    return found


async def outcome(kafka: str, journal: str, availability: str) -> Outcome:
    """Read what a peer has written, once nothing of it hangs in an open transaction."""
    found = Outcome()
    async for record in _committed(kafka, journal):
        entry = orjson.loads(record.value or b"")
        if entry["movement_id"] is not None:
            found.entries[entry["movement_id"]] += 1
            found.appended_ms.append(record.timestamp)
    async for record in _committed(kafka, availability):
        stated = orjson.loads(record.value or b"")
        found.on_hand[stated["sku"]] = _on_hand(stated)
    found.appended_ms.sort()
    return found


def wrong(found: Outcome, expected: Truth) -> dict[str, float]:
    """Return how many results are wrong: levels by SKU, entries by movement."""
    return {
        "levels_wrong": sum(found.on_hand.get(s) != n for s, n in expected.on_hand.items()),
        "entries_missing": len(expected.ids - found.entries.keys()),
        "entries_double": sum(count - 1 for count in found.entries.values()),
    }


def _on_hand(stated: dict[str, Any]) -> int:
    """Return a level as a peer says it, or as ours does: by site."""
    if "on_hand" in stated:
        return stated["on_hand"]
    return sum(int(site["on_hand"]) for site in stated["sites"].values())


async def _committed(kafka: str, topic: str) -> AsyncIterator[Record]:
    """Yield every committed record of a topic, each partition's in its order."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=kafka,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        fetch_max_wait_ms=100,
    )
    await consumer.start()
    try:
        left = await _settled(kafka, consumer)
        while left:
            taken: dict[Any, list[Record]] = await consumer.getmany(*left, timeout_ms=100)
            for record in chain.from_iterable(taken.values()):
                yield record
            left = {at: end for at, end in left.items() if await consumer.position(at) < end}
    finally:
        await consumer.stop()


async def _settled(kafka: str, committed: AIOKafkaConsumer) -> dict[TopicPartition, int]:
    """Return the ends once no transaction is open: up to there everything is decided."""
    sources = sorted(committed.assignment())
    written = AIOKafkaConsumer(bootstrap_servers=kafka)
    await written.start()
    try:
        async with within(SETTLED_MAX_S, "every transaction ended"):
            while await _differ(committed, written, sources):  # noqa: ASYNC110 (as below)
                await asyncio.sleep(LOOK_EVERY_S)  # Kafka tells nobody that one has ended
            return await committed.end_offsets(sources)
    finally:
        await written.stop()


async def _differ(
    committed: AIOKafkaConsumer, written: AIOKafkaConsumer, sources: Sequence[TopicPartition]
) -> bool:
    return await committed.end_offsets(sources) != await written.end_offsets(sources)
