"""Records set aside: found again, and sent once more or accepted by a person.

A bad record goes back to `clarus.deliveries.v1` as it came, once what made it bad is mended. A
movement kept apart (a conflict, a too old one) goes back only where a person accepts it. Ids are
computed, so that doing either twice changes nothing.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, TopicPartition

from ledger.errors import MalformedRecord
from ledger.exceptions import ExceptionClass
from ledger.wire import parse_movement
from streams.clarus.bodies import NotReadable, key_of, read_json
from streams.clarus.delivery import ACCEPTED_BECAUSE, ACCEPTED_BY, ACCEPTS, REPLAY_OF, RESOURCE
from streams.clarus.words import Words
from streams.engine.fold import Headers, Place, Send, SourceRecord
from streams.headers import LEFT_OUT, ORIGINAL, event_kind, header, rfc3339
from streams.one_transaction import only_writer
from streams.partitions import partition_of
from streams.reading import Offsets, consumer_of, read_between
from streams.settings import Settings
from streams.topics import APP_ID, DELIVERIES, QUARANTINE

TRANSACTIONAL_ID = f"{APP_ID}-quarantine"
# What a person may accept; each is an exception, cleared by the acceptance.
ACCEPTABLE = frozenset({ExceptionClass.CONFLICT.value, ExceptionClass.TOO_OLD.value})
_KIND = event_kind(DELIVERIES.name, "quarantine", "replay")


class NotReplayable(Exception):
    """The record cannot go back like this; the message names what can be done."""


class NotFound(Exception):
    """No record of the quarantine is there, or several are; the message says which."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """One record of `stock.quarantine.v1`."""

    partition: int
    offset: int
    at: datetime  # UTC, Kafka's clock
    reason: str
    origin: str  # topic/partition/offset
    number: int  # which record of the delivery it was
    of: str | None  # E04 or E05: a movement kept apart; none: a bad record
    movement_id: str | None
    original: Headers  # as the record had them where it came from
    value: bytes
    left_out_bytes: int = 0  # of a record too large for the quarantine

    @property
    def place(self) -> str:
        """Return where it stands, as the commands take it: partition/offset."""
        return f"{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A person's word that a movement kept apart is true."""

    who: str
    why: str


def set_aside(record: SourceRecord) -> SetAside:
    """Return what a record of the quarantine topic says."""
    number, left_out = header(record, "item") or "", header(record, LEFT_OUT) or ""
    return SetAside(
        partition=record.partition,
        offset=record.offset,
        at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        reason=header(record, "reason") or "no reason is given",
        origin=header(record, "origin") or "",
        number=int(number) if number.isdecimal() else 0,
        of=header(record, "class"),
        movement_id=header(record, "movement_id"),
        original=[
            (name.removeprefix(ORIGINAL), value)
            for name, value in record.headers
            if name.startswith(ORIGINAL)
        ],
        value=record.value or b"",
        left_out_bytes=int(left_out) if left_out.isdecimal() else 0,
    )


async def read_quarantine(
    settings: Settings, partitions: Iterable[int] | None = None
) -> AsyncIterator[SetAside]:
    """Yield the records set aside up to now, of the given partitions or of all."""
    chosen = range(settings.partitions) if partitions is None else partitions
    wanted = [TopicPartition(QUARANTINE.name, partition) for partition in chosen]
    async with consumer_of(settings, wanted) as consumer:
        start = await consumer.beginning_offsets(wanted)
        async for found in _between(consumer, start, await consumer.end_offsets(wanted)):
            yield found


async def find(settings: Settings, place: str) -> SetAside:
    """Return the record at `partition/offset`, or the one from `topic/partition/offset`.

    Raises `NotFound` where there is none, or where a delivery of several records left several.
    """
    parts = place.removeprefix(f"{QUARANTINE.name}/").split("/")
    if len(parts) == 2 and all(part.isdecimal() for part in parts):
        return await _at(settings, int(parts[0]), int(parts[1]))
    if len(parts) != 3 or not all(part.isdecimal() for part in parts[1:]):
        raise NotFound(f"{place} is no place: partition/offset, or topic/partition/offset")
    partition = partition_of(place.encode(), settings.partitions)
    found = [one async for one in read_quarantine(settings, (partition,)) if one.origin == place]
    if len(found) > 1:
        places = ", ".join(one.place for one in found)
        raise NotFound(f"{len(found)} records came from {place}: name one of {places}")
    if not found:
        raise NotFound(f"nothing was set aside from {place}: see `stock quarantine list`")
    return found[0]


def again(one: SetAside, words: Words, now: datetime) -> Send:
    """Return the delivery that sends a bad record's bytes and headers once more.

    The key is found as the door finds it, so that the record goes where it went before. Raises
    `NotReplayable` for a movement kept apart, and for what was no delivery.
    """
    if one.of is not None:
        raise NotReplayable(
            f"{one.place} is a movement kept apart ({one.of}): as it is, it would be kept apart "
            "again. Where it is true, accept it: --accept --who NAME --why REASON"
        )
    if not one.origin.startswith(f"{DELIVERIES.name}/"):
        raise NotReplayable(
            f"{one.place} came from {one.origin or 'nowhere known'}, which only its writer may "
            f"write to: have a corrected record written there; replay writes {DELIVERIES.name}"
        )
    if one.left_out_bytes:
        raise NotReplayable(
            f"{one.place} keeps only the beginning of a large record: "
            f"the {one.left_out_bytes} bytes left out are at {one.origin}"
        )
    resource = (dict(one.original).get(RESOURCE) or b"").decode(errors="replace")
    replaced = {name for name, _ in _headers(one, now)}
    kept = [(name, value) for name, value in one.original if name not in replaced]
    return _key_of(one.value, resource, words), one.value, [*_headers(one, now), *kept]


def accepted(one: SetAside, acceptance: Acceptance, now: datetime) -> Send:
    """Return the delivery by which a person lets in a movement kept apart.

    Raises `NotReplayable` for anything else: a bad record says nothing that could be accepted.
    """
    if one.of not in ACCEPTABLE or one.movement_id is None:
        raise NotReplayable(
            f"{one.place} is no movement kept apart, there is nothing to accept: mend what made "
            f"it bad ({one.reason}), then replay it without --accept"
        )
    try:
        movement = parse_movement(one.value)
    except MalformedRecord as error:
        raise NotReplayable(f"{one.place} does not read as a movement: {error}") from None
    headers = [
        *_headers(one, now),
        (ACCEPTS, one.movement_id.encode()),
        (ACCEPTED_BY, acceptance.who.encode()),
        (ACCEPTED_BECAUSE, acceptance.why.encode()),
    ]
    return movement.sku.encode(), one.value, headers


async def send(settings: Settings, sends: Iterable[Send]) -> None:
    """Write deliveries, all or none; returns once Kafka has them."""
    outputs: dict[Place, list[Send]] = {}
    for one in sends:
        partition = partition_of(one[0] or b"", settings.partitions)
        outputs.setdefault((DELIVERIES.name, partition), []).append(one)
    async with only_writer(settings, TRANSACTIONAL_ID, [DELIVERIES.name]) as writer:
        await writer.write(outputs)


async def _at(settings: Settings, partition: int, offset: int) -> SetAside:
    wanted = TopicPartition(QUARANTINE.name, partition)
    found: list[SetAside] = []
    if partition < settings.partitions:
        async with consumer_of(settings, [wanted]) as consumer:
            first = (await consumer.beginning_offsets([wanted]))[wanted]
            end = (await consumer.end_offsets([wanted]))[wanted]
            if first <= offset < end:
                one = _between(consumer, {wanted: offset}, {wanted: offset + 1})
                found = [each async for each in one]
    if found:
        return found[0]
    raise NotFound(f"nothing is set aside at {partition}/{offset}: see `stock quarantine list`")


async def _between(
    consumer: AIOKafkaConsumer, start: Offsets, until: Offsets
) -> AsyncIterator[SetAside]:
    async for _, records in read_between(consumer, start, until):
        for record in records:
            yield set_aside(record)


def _headers(one: SetAside, now: datetime) -> Headers:
    place = f"{QUARANTINE.name}/{one.place}"
    return [*_KIND.headers(f"replay:{place}", rfc3339(now)), (REPLAY_OF, place.encode())]


def _key_of(body: bytes, resource: str, words: Words) -> bytes:
    try:
        document = read_json(body)
    except NotReadable:
        document = {}  # a bridge of the customer's own takes what the door refuses
    return key_of(document, resource, body, words)
