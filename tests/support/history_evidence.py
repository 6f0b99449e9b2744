"""A history read: the bytes of every topic, and what of them the checks ask for more than once."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.engine.fold import SourceRecord
from streams.kafka import connection
from streams.reading import consumer_of, read_between
from streams.settings import Settings
from streams.topic_admin import all_partitions
from streams.topics import (
    APP_ID,
    DELIVERIES,
    JOURNAL,
    KEEP_STOCK,
    MOVEMENTS,
    PRODUCTS,
    STOCK_CHANGELOG,
    TRANSLATE,
    TRANSLATE_CHANGELOG,
)
from tests.support.history_fold import Fold, Said, Shelf

MARK, PARKED, WAITING = b"\x00mark", b"\x00parked:", b"\x00waiting:"
CHANGELOGS = {TRANSLATE_CHANGELOG.name: TRANSLATE, STOCK_CHANGELOG.name: KEEP_STOCK}
SOURCES = {TRANSLATE: (DELIVERIES.name,), KEEP_STOCK: (MOVEMENTS.name, PRODUCTS.name)}
UNREADABLE: Said = {}

Line = SourceRecord


class Partition(NamedTuple):
    """Where a record stands, or what a lane reads."""

    topic: str
    number: int


class Lane(NamedTuple):
    """One agent's one partition."""

    agent: str
    number: int


class End(NamedTuple):
    """The end for readers of committed records, and the end of everything written."""

    stable: int
    written: int


@dataclass(frozen=True, slots=True)
class Violation:
    """What is not as it must be, and where it shows."""

    invariant: str
    where: str  # topic/partition/offset, or what is nearest to it
    sku: str
    says: str

    def __str__(self) -> str:
        return f"{self.invariant} at {self.where} {self.sku or '-'}: {self.says}"


@dataclass(frozen=True, slots=True)
class Told:
    """What the feeder knows of its own telling, without asking Kafka."""

    levels: Mapping[Shelf, int] = field(default_factory=dict[Shelf, int])  # what must be on hand
    bodies: Mapping[bytes, int] = field(default_factory=dict[bytes, int])  # answered 2xx, how often
    secrets: Sequence[bytes] = ()  # what no record may hold


@dataclass(frozen=True, slots=True)
class Log:
    """Everything visible, by topic; each topic by partition and offset."""

    records: Mapping[str, Sequence[Line]]
    ends: Mapping[Partition, End] = field(default_factory=dict[Partition, End])
    committed: Mapping[Partition, int] = field(default_factory=dict[Partition, int])  # the group's

    def of(self, topic: str) -> Sequence[Line]:
        """Return a topic's visible records."""
        return self.records.get(topic, ())


@dataclass(slots=True)
class Evidence:
    """What the log says, put where the checks look for it."""

    log: Log
    folds: dict[int, Fold] = field(default_factory=dict[int, Fold])
    movements: list[tuple[Line, Said]] = field(default_factory=list[tuple[Line, Said]])
    entries: list[tuple[Line, Said]] = field(default_factory=list[tuple[Line, Said]])
    cards: dict[str, tuple[Line, Said]] = field(default_factory=dict[str, tuple[Line, Said]])
    parked: dict[str, tuple[Line, Said]] = field(default_factory=dict[str, tuple[Line, Said]])
    waiting: Counter[int] = field(default_factory=Counter[int])  # by partition
    marks: dict[Lane, tuple[Line, Said]] = field(default_factory=dict[Lane, tuple[Line, Said]])
    unread: list[Violation] = field(default_factory=list[Violation])

    def counts(self, lane: Lane) -> Counter[str]:
        """Return the fates a lane's mark tells of; nothing for a lane that never began."""
        return Counter(self.marks[lane][1]["counts"]) if lane in self.marks else Counter()


def fields_of(line: Line) -> Said:
    """Return a record's JSON object; nothing where it is none."""
    try:
        said = json.loads(line.value or b"")
    except ValueError:
        return UNREADABLE
    return said if isinstance(said, dict) else UNREADABLE


def place_of(line: Line) -> str:
    """Return topic/partition/offset, as the program's own headers write it."""
    return f"{line.topic}/{line.partition}/{line.offset}"


def header_of(line: Line, name: str) -> str | None:
    """Return a header's text."""
    return next((v.decode(errors="replace") for key, v in line.headers if key == name), None)


def evidence_of(log: Log) -> Evidence:
    """Read a log once, topic by topic."""
    found = Evidence(log)
    for line in log.of(MOVEMENTS.name):
        fold = found.folds.setdefault(line.partition, Fold())
        said = fields_of(line)
        try:
            fold.take(line.offset, line.value)
        except (ValueError, KeyError, TypeError) as error:
            fold.fates["quarantined"] += 1
            found.unread.append(Violation("I4", place_of(line), "", f"no movement: {error!r}"))
        else:
            found.movements.append((line, said))
    found.entries = [(line, fields_of(line)) for line in log.of(JOURNAL.name)]
    for topic in CHANGELOGS:
        _take_changes(found, log.of(topic))
    return found


def _take_changes(found: Evidence, lines: Sequence[Line]) -> None:
    latest: dict[tuple[int, bytes], Line] = {}
    for line in lines:
        latest[line.partition, line.key] = line
    for line in latest.values():
        if line.value is None:
            continue
        if line.key == MARK:
            found.marks[Lane(CHANGELOGS[line.topic], line.partition)] = line, fields_of(line)
        elif line.topic == STOCK_CHANGELOG.name and line.key.startswith(PARKED):
            found.parked[fields_of(line)["source"]] = line, fields_of(line)
        elif line.topic == STOCK_CHANGELOG.name and line.key.startswith(WAITING):
            found.waiting[line.partition] += 1
        elif line.topic == STOCK_CHANGELOG.name and not line.key.startswith(b"\x00"):
            found.cards[line.key.decode()] = line, fields_of(line)


async def read_log(settings: Settings) -> Log:
    """Return all that Kafka holds for readers of committed records, and how far the group is."""
    partitions = all_partitions(settings)
    async with consumer_of(settings, partitions, "read_uncommitted") as consumer:
        written = await consumer.end_offsets(partitions)
    records: defaultdict[str, list[Any]] = defaultdict(list)
    async with consumer_of(settings, partitions) as consumer:
        start = await consumer.beginning_offsets(partitions)
        stable = await consumer.end_offsets(partitions)
        async for partition, lines in read_between(consumer, start, stable):
            records[partition.topic] += lines
    for lines in records.values():
        lines.sort(key=lambda line: (line.partition, line.offset))
    ends = {Partition(*tp): End(stable[tp], written[tp]) for tp in partitions}
    return Log(dict(records), ends, await _committed(settings))


async def _committed(settings: Settings) -> dict[Partition, int]:
    consumer = AIOKafkaConsumer(**connection(settings), group_id=APP_ID, enable_auto_commit=False)
    await consumer.start()
    try:
        asked = [
            TopicPartition(topic, number)
            for topics in SOURCES.values()
            for topic in topics
            for number in range(settings.partitions)
        ]
        offsets = {Partition(*tp): await consumer.committed(tp) for tp in asked}
    finally:
        await consumer.stop()
    return {partition: offset for partition, offset in offsets.items() if offset is not None}


def lanes_of(log: Log) -> Iterator[Lane]:
    """Return every lane there is, whether it began or not."""
    for agent, topics in SOURCES.items():
        for topic, number in log.ends:
            if topic == topics[0]:
                yield Lane(agent, number)
