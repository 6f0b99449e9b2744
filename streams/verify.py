"""`stock verify` on a real Kafka: reads the log once and hands it to the verification."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aiokafka import TopicPartition

from streams.engine.fold import SourceRecord
from streams.reading import Offsets, consumer_of, ends_written, read_between
from streams.settings import ClarusSettings, Settings
from streams.topic_admin import check_topics, partitions_of
from streams.topics import MOVEMENTS, TOPICS
from streams.verification.owners import Owners
from streams.verification.policy import Policy
from streams.verification.verifier import CHANGELOGS, Verdict, Verifier

Take = Callable[[SourceRecord], None]
Progress = Callable[[str, int, int], None]  # topic, offsets passed, offsets to pass


@dataclass(frozen=True, slots=True)
class Report:
    """A verdict, and how long it took."""

    verdict: Verdict
    took_s: float


def policy_of(settings: Settings) -> Policy:
    """Return what of the settings the figures depend on."""
    clarus = settings.clarus
    return Policy(
        partitions=settings.partitions,
        time_zone=ZoneInfo(settings.books.time_zone),
        holds_by_body_clock=clarus.hold_time != "arrival",
        no_record=clarus.no_record,
        owners=_owners_of(clarus),
        feed_is_stock=clarus.feed == "stock",
        skus_in_one_case=clarus.sku_case == "one",
    )


def _owners_of(clarus: ClarusSettings) -> Owners:
    names = clarus.names
    return Owners(
        ours=frozenset(clarus.accounts),
        codes=clarus.account_ids,
        places=[tuple(place.split(".")) for place in names.account],
        id_places=[tuple(place.split(".")) for place in names.account_id],
        legs=[tuple(leg.split(".")) for leg in (names.source, names.target)],
        depth={"flat": 0, "data": 1, "attributes": 2}.get(clarus.envelope),
    )


async def verify(settings: Settings, progress: Progress) -> Report:
    """Recompute everything up to the marks that stand at this moment."""
    started = time.monotonic()
    await check_topics(settings)
    verifier = Verifier(policy_of(settings))
    # First the changelogs: what their marks vouch for was written before, and is read after.
    await _changelogs(settings, verifier, progress)
    partitions = [
        TopicPartition(plan.name, partition)
        for plan in TOPICS
        if plan.name not in CHANGELOGS
        for partition in range(partitions_of(plan, settings))
    ]
    ends = await ends_written(settings, partitions)
    beginnings = await _beginnings(settings, partitions)

    async def read(topic: str, take: Take) -> None:
        own = {tp: offset for tp, offset in beginnings.items() if tp.topic == topic}
        await _read(settings, own, ends, take, progress)

    if verifier.needs_controls:
        await read(MOVEMENTS.name, verifier.take_control)
    verifier.begin({(tp.topic, tp.partition): (beginnings[tp], ends[tp]) for tp in partitions})
    for topic, take in verifier.stages().items():
        await read(topic, take)
    return Report(verifier.verdict(), time.monotonic() - started)


async def _changelogs(settings: Settings, verifier: Verifier, progress: Progress) -> None:
    for topic in CHANGELOGS:
        partitions = [TopicPartition(topic, p) for p in range(settings.partitions)]
        async with consumer_of(settings, partitions) as consumer:
            ends = await consumer.end_offsets(partitions)  # the stable ones: see the isolation
        beginnings = await _beginnings(settings, partitions)
        await _read(settings, beginnings, ends, verifier.take_changelog, progress)


async def _beginnings(settings: Settings, partitions: Sequence[TopicPartition]) -> Offsets:
    async with consumer_of(settings, partitions) as consumer:
        return await consumer.beginning_offsets(partitions)


async def _read(
    settings: Settings, start: Offsets, ends: Offsets, take: Take, progress: Progress
) -> None:
    topic = next(iter(start)).topic
    total = sum(ends[tp] - offset for tp, offset in start.items())
    passed = dict(start)
    progress(topic, 0, total)
    async with consumer_of(settings, list(start)) as consumer:
        async for partition, records in read_between(consumer, start, ends):
            _take_all(records, take)
            if records:
                passed[partition] = records[-1].offset + 1
            progress(topic, sum(passed.values()) - sum(start.values()), total)
    progress(topic, total, total)


def _take_all(records: Iterable[SourceRecord], take: Take) -> None:
    for record in records:
        take(record)
