"""`stock rebuild` on Kafka: nobody may be in the group, every lane is fenced, then all is anew."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import ProducerFenced

from ledger.chart import Chart
from ledger.errors import MalformedRecord
from ledger.movement import Movement
from ledger.wire import parse_movement_record
from streams.engine.errors import RefusesToRun
from streams.engine.fold import SourceRecord
from streams.engine.lane import Transaction
from streams.engine.mark import MARK_KEY
from streams.engine.recovery import read_images
from streams.engine.settling import Settling
from streams.engine.starting import stop_lanes
from streams.engine.take_over import Taken, take_over
from streams.engine.transaction import LaneWriter
from streams.group import members_of
from streams.kafka import connection
from streams.one_transaction import TRANSACTION_TIMEOUT_MS
from streams.reading import consumer_of, ends_written, read_between
from streams.rebuild.remains import Remains
from streams.rebuild.standing import Announced, Found, first_chart
from streams.rebuild.stock_lane import StockLane
from streams.rebuild.translate_lane import TranslateLane
from streams.settings import Settings
from streams.topic_admin import check_topics, partitions_of
from streams.topics import (
    APP_ID,
    AVAILABILITY,
    DELIVERIES,
    EXCEPTIONS,
    JOURNAL,
    KEEP_STOCK,
    MOVEMENTS,
    PRODUCTS,
    STOCK_CHANGELOG,
    TRANSLATE,
    TRANSLATE_CHANGELOG,
    TopicPlan,
    outputs_of,
)

Take = Callable[[Sequence[SourceRecord]], None]
SOURCES = {
    STOCK_CHANGELOG.name: (PRODUCTS.name, MOVEMENTS.name),  # products first, as the lanes do
    TRANSLATE_CHANGELOG.name: (DELIVERIES.name,),
}


@dataclass(slots=True)
class Rebuilt:
    """What was written."""

    lanes: int = 0
    records: int = 0  # folded anew
    cards: int = 0
    left: list[str] = field(default_factory=list[str])  # lanes that had nothing to rebuild


@dataclass(frozen=True, slots=True)
class Owned:
    """A lane as its writer knows it."""

    agent: str
    partition: int
    changelog_topic: str


@dataclass(slots=True)
class Ground:
    """All that is left, read once every lane is fenced."""

    found: dict[tuple[str, int], Found]  # by changelog topic and partition
    remains: Remains = field(default_factory=Remains)
    announced: defaultdict[int, Announced] = field(default_factory=lambda: defaultdict(Announced))

    def take_movement(self, record: SourceRecord) -> None:
        """Take a movement for what it tells of translate, a control for the chart it announces."""
        try:
            said = parse_movement_record(record.value or b"")
        except MalformedRecord:
            return  # keep_stock put it to quarantine
        if isinstance(said, Movement):
            self.remains.take_movement(said)
        elif isinstance(said, Chart):
            self.announced[record.partition].take(said, record.timestamp)


async def rebuild(settings: Settings, *, caught_up: bool) -> Rebuilt:
    """Write cards and marks of every lane anew; raise `RefusesToRun` where that would be wrong.

    Each lane is one transaction. Ended in between, some lanes are anew and the others as they
    were; running it again does the rest.
    """
    await check_topics(settings)
    await _refuse_members(settings)
    async with _fenced(settings) as writers:
        ground = await _ground(settings)
        rebuilt = Rebuilt()
        for owned, writer in writers.items():
            lane = _Lane(owned, settings, ground, caught_up)
            transaction = await lane.transaction()
            if transaction is None:
                rebuilt.left.append(f"{owned.agent}/{owned.partition}")
                continue
            await _write(writer, transaction)
            rebuilt.lanes += 1
            rebuilt.records += transaction.records
            rebuilt.cards += sum(
                key[:1] != b"\x00" for key, value in transaction.changelog if value
            )
        return rebuilt


@dataclass(slots=True)
class _Lane:
    owned: Owned
    settings: Settings
    ground: Ground
    caught_up: bool

    async def transaction(self) -> Transaction | None:
        """Return what makes the lane anew; None where it never began, or is in good order."""
        found = self.ground.found[self.owned.changelog_topic, self.owned.partition]
        if self.owned.agent == TRANSLATE:
            return await self._translate(found)
        return await self._keep_stock(found)

    async def _translate(self, found: Found) -> Transaction | None:
        """Rebuild a lane of translate only where its mark is lost: deliveries are kept 90 days."""
        partition = self.owned.partition
        delivered = self.ground.remains.delivered.get(partition, 0)
        until = found.until(
            published={DELIVERIES.name: delivered} if delivered else {}, caught_up=self.caught_up
        )
        if MARK_KEY in found.image or until is None:
            return None
        lane = TranslateLane(partition, self.settings)
        await self._read(DELIVERIES.name, until[DELIVERIES.name], lane.take)
        return lane.transaction(until)

    async def _keep_stock(self, found: Found) -> Transaction | None:
        partition = self.owned.partition
        published = self.ground.remains.lanes[partition]
        until = found.until(published=published.reached, caught_up=self.caught_up)
        if until is None:
            return None
        chart = first_chart(found, published, self.ground.announced[partition], self.settings)
        lane = StockLane(partition, self.settings, chart, published, under_way=found.under_way)
        for topic in SOURCES[STOCK_CHANGELOG.name]:
            await self._read(topic, until[topic], lane.take)
        return lane.transaction(until, found.image, self.ground.remains)

    async def _read(self, topic: str, until: int, take: Take) -> None:
        source = TopicPartition(topic, self.owned.partition)
        async with consumer_of(self.settings, [source]) as consumer:
            start = await consumer.beginning_offsets([source])
            if start[source] and topic != DELIVERIES.name:
                raise RefusesToRun(
                    f"{topic}/{self.owned.partition} begins at {start[source]}: what was before "
                    "is deleted, and nothing can be rebuilt without it"
                )
            async for _, records in read_between(consumer, start, {source: until}):
                take(records)


async def _refuse_members(settings: Settings) -> None:
    members = await members_of(settings)
    if members:
        raise RefusesToRun(
            f"{members} workers are in the group {APP_ID}: stop them all, wait until their "
            "sessions have ended, and run it again"
        )


@asynccontextmanager
async def _fenced(settings: Settings) -> AsyncIterator[dict[Owned, LaneWriter]]:
    """Give the writer of every lane: whoever had one before can commit no more."""
    settling = Settling(connection(settings))
    writers = {
        owned: LaneWriter(
            owned,
            group=APP_ID,
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
            connection=connection(settings),
            settling=settling,
        )
        for partition in range(settings.partitions)
        for owned in (
            Owned(TRANSLATE, partition, TRANSLATE_CHANGELOG.name),
            Owned(KEEP_STOCK, partition, STOCK_CHANGELOG.name),
        )
    }
    try:
        taken = [
            Taken(
                writer,
                TopicPartition(owned.changelog_topic, owned.partition),
                outputs_of(owned.agent),
            )
            for owned, writer in writers.items()
        ]
        await take_over(taken, connection(settings))
        yield writers
    finally:
        await stop_lanes(writers.values())
        await settling.stop()


async def _write(writer: LaneWriter, transaction: Transaction) -> None:
    try:
        await writer.write(transaction)
    except ProducerFenced:
        raise RefusesToRun(
            "a worker started meanwhile and took the lane over: stop all workers and run it again"
        ) from None


async def _ground(settings: Settings) -> Ground:
    consumer = AIOKafkaConsumer(
        **connection(settings),
        group_id=APP_ID,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    await consumer.start()
    try:
        ground = await _standing(consumer, settings)
    finally:
        await consumer.stop()
    remains = ground.remains
    await _read_whole(settings, JOURNAL, remains.take_entry)
    await _read_whole(settings, AVAILABILITY, remains.take_statement)
    await _read_whole(settings, EXCEPTIONS, remains.take_notice)
    await _read_whole(settings, MOVEMENTS, ground.take_movement)
    return ground


async def _standing(consumer: AIOKafkaConsumer, settings: Settings) -> Ground:
    changelogs = [TopicPartition(t, p) for t in SOURCES for p in range(settings.partitions)]
    images, _ = await read_images(consumer, changelogs)
    sources = [source for tp in changelogs for source in _sources_of(tp)]
    ends = await consumer.end_offsets(sources)
    committed = {source: await consumer.committed(source) for source in sources}
    return Ground(
        found={
            (tp.topic, tp.partition): Found(
                image=images[tp],
                committed={
                    t: committed[TopicPartition(t, tp.partition)] for t in SOURCES[tp.topic]
                },
                end={t: ends[TopicPartition(t, tp.partition)] for t in SOURCES[tp.topic]},
            )
            for tp in changelogs
        },
    )


def _sources_of(changelog: TopicPartition) -> list[TopicPartition]:
    return [TopicPartition(t, changelog.partition) for t in SOURCES[changelog.topic]]


async def _read_whole(
    settings: Settings, plan: TopicPlan, take: Callable[[SourceRecord], None]
) -> None:
    wanted = [TopicPartition(plan.name, p) for p in range(partitions_of(plan, settings))]
    until = await ends_written(settings, wanted)
    async with consumer_of(settings, wanted) as consumer:
        start = await consumer.beginning_offsets(wanted)
        async for _, records in read_between(consumer, start, until):
            for record in records:
                take(record)
