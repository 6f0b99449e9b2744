"""What runs and what it has done: door and worker by their pages, the lanes by their marks."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import aiohttp
from aiokafka import TopicPartition
from yarl import URL

from streams.address import EVERYWHERE, split_bind
from streams.clarus.delivery import RECEIVED_AT
from streams.doctor.diagnosis import Diagnosis, State, fail, ok, warn
from streams.engine.errors import RefusesToRun
from streams.engine.fold import SourceRecord
from streams.engine.mark import Mark
from streams.group import NO_GROUPS_YET, members_of
from streams.headers import header
from streams.openings import Openings
from streams.pulse import client
from streams.reading import Offsets, consumer_of, read_between, read_marks
from streams.settings import Settings
from streams.topics import (
    DELIVERIES,
    KEEP_STOCK,
    MOVEMENTS,
    STOCK_CHANGELOG,
    TRANSLATE,
    TRANSLATE_CHANGELOG,
)

LAG_WANTED = timedelta(seconds=60)  # older than this, what waits is worth a look
CLOCKS_APART_MAX = timedelta(seconds=60)  # the door's and Kafka's
_LANES = (
    (TRANSLATE, TRANSLATE_CHANGELOG.name, DELIVERIES.name),
    (KEEP_STOCK, STOCK_CHANGELOG.name, MOVEMENTS.name),
)


async def examine_running(settings: Settings, now: datetime) -> AsyncIterator[Diagnosis]:
    """Yield what runs; Kafka must be there and have the topics."""
    yield await _page(settings, "door", settings.door_bind, "`stock door`")
    yield await _worker(settings)
    marks: dict[str, Mapping[int, Mark]] = {}
    for agent, changelog, source in _LANES:
        marks[agent] = await read_marks(settings, changelog)
        yield await _lag(settings, agent, source, marks[agent], now)
    yield await _clocks(settings)
    counts: Counter[str] = Counter()
    for lanes in marks.values():
        for mark in lanes.values():
            counts.update(mark.counts)
    yield examine_openings(marks[KEEP_STOCK], counts["waiting"])
    yield _parked(counts["parked"])
    yield _quarantined(counts["quarantined"])


async def _worker(settings: Settings) -> Diagnosis:
    """Ask the page, and Kafka whether it has a worker: a ready one is in the group of its own."""
    bind, start = settings.web_bind, "`stock worker`"
    found = await _page(settings, "worker", bind, start)
    if found.state is not State.OK or await _has_members(settings):
        return found
    return warn(
        "worker",
        f"what answers at {bind} works for another Kafka: none is in this one's group",
        f"start one with {start}, if one should be; STOCK_WEB_BIND says where its page is",
    )


async def _has_members(settings: Settings) -> bool:
    try:
        return bool(await members_of(settings))
    except NO_GROUPS_YET:
        return False


async def _page(settings: Settings, role: str, bind: str, start: str) -> Diagnosis:
    host, port = split_bind(bind)
    url = URL.build(
        scheme="http", host="127.0.0.1" if host in EVERYWHERE else host, port=port, path="/readyz"
    )
    try:
        async with client(settings) as session, session.get(url) as answer:
            told: Any = await answer.json()
    except (aiohttp.ClientError, TimeoutError, ValueError, RefusesToRun):
        return warn(role, f"none answers at {bind}", f"start one with {start}, if one should be")
    if answer.status == HTTPStatus.OK:
        return ok(role, f"ready at {bind}")
    reason = told.get("reason") if isinstance(told, dict) else None
    return fail(role, f"not ready at {bind}: {reason}", "wait a moment; else see its log")


async def _lag(
    settings: Settings, agent: str, source: str, marks: Mapping[int, Mark], now: datetime
) -> Diagnosis:
    partitions = [TopicPartition(source, number) for number in range(settings.partitions)]
    async with consumer_of(settings, partitions) as consumer:
        beginnings = await consumer.beginning_offsets(partitions)
        ends: Offsets = await consumer.end_offsets(partitions)
        taken = {
            tp: max(beginnings[tp], marks[tp.partition].next_offset.get(source, 0))
            if tp.partition in marks
            else beginnings[tp]
            for tp in partitions
        }
        waiting = {tp: offset for tp, offset in taken.items() if offset < ends[tp]}
        oldest: datetime | None = None
        # One record of each: more of a lag than its length and its age is for the metrics.
        until = {tp: offset + 1 for tp, offset in waiting.items()}
        async for _, records in read_between(consumer, waiting, until):
            oldest = min((_at(r) for r in records), default=oldest or now)
    about = f"lag of {agent}"
    if oldest is None:
        return ok(about, "none")
    behind = sum(ends[tp] - offset for tp, offset in waiting.items())
    says = f"{behind} offsets, the oldest {(now - oldest).total_seconds():.0f} s old"
    if now - oldest < LAG_WANTED:
        return ok(about, says)
    return warn(about, says, "start a worker, or more of them: `stock worker --workers 2`")


async def _clocks(settings: Settings) -> Diagnosis:
    """Compare the door's clock with Kafka's in the newest delivery of each partition."""
    partitions = [TopicPartition(DELIVERIES.name, number) for number in range(settings.partitions)]
    apart: list[timedelta] = []
    async with consumer_of(settings, partitions) as consumer:
        beginnings = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        start = {tp: max(beginnings[tp], end - 2) for tp, end in ends.items()}
        async for _, records in read_between(consumer, start, ends):
            apart += [abs(_at(r) - said) for r in records if (said := said_at(r)) is not None]
    if not apart:
        return ok("clocks", "no delivery yet to compare the door's and Kafka's by")
    says = f"the door's and Kafka's are within {max(apart).total_seconds():.1f} s"
    if max(apart) > CLOCKS_APART_MAX:
        return warn("clocks", says, "set the clocks of both machines (NTP): Kafka's decides")
    return ok("clocks", says)


def examine_openings(marks: Mapping[int, Mark], waiting: int) -> Diagnosis:
    """Say which places are open, and whether movements wait for one that is not."""
    opened: dict[Any, datetime] = {}
    for mark in marks.values():
        opened |= Openings(mark.state).opened
    places = ", ".join(f"{place.account} at {place.site}" for place in sorted(opened))
    if any("opening" in mark.state for mark in marks.values()):
        return warn(
            "openings",
            f"an opening is under way: {waiting} movements still wait",
            "wait a moment; a worker must be running",
        )
    if waiting:
        return warn(
            "openings",
            f"{waiting} movements wait for a place that is not open; open: {places or 'none'}",
            "load the position with `stock opening load FILE --at TIME`",
        )
    if not opened:
        return warn(
            "openings",
            "no place is open: its movements will wait, and nothing is published",
            "load the position with `stock opening load FILE --at TIME`",
        )
    return ok("openings", places)


def _parked(parked: int) -> Diagnosis:
    if not parked:
        return ok("entries", "none waits for a cost or a mapping")
    return warn(
        "entries",
        f"{parked} wait for a cost from Khaos or for a reason code that nobody mapped",
        "see `stock exceptions`; map codes in stock.toml ([[reason]]), then `stock chart apply`",
    )


def _quarantined(ever: int) -> Diagnosis:
    if not ever:
        return ok("quarantine", "nothing was set aside")
    return warn(
        "quarantine",
        f"{ever} set aside since the beginning",
        "see `stock quarantine list`; once mended, `stock quarantine replay`",
    )


def _at(record: SourceRecord) -> datetime:
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)


def said_at(record: SourceRecord) -> datetime | None:
    """Return the door's time of a delivery; None for a bridge's that says none, or no zone."""
    try:
        said = datetime.fromisoformat(header(record, RECEIVED_AT) or "")
    except ValueError:
        return None
    return said if said.tzinfo else None
