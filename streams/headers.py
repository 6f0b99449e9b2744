"""CloudEvents 1.0 headers in binary mode, and what a quarantined record carries.

The attribute names and the `ce_` prefix are those of the CloudEvents Kafka protocol binding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from streams.engine.fold import Headers, Send, SourceRecord

SPEC_VERSION = b"1.0"
JSON = b"application/json"
BYTES = b"application/octet-stream"  # of the quarantine: what is there may be anything
ORIGINAL = "original-"  # before every header of a quarantined record's own
REASON_MAX = 500
# Kafka takes records of 1 MiB: one that grew over it in quarantine would stop the lane for good.
# The rest of a larger one is left out, counted in a header; all of it is at its origin.
QUARANTINED_BYTES_MAX = 786_432
ORIGINAL_BYTES_MAX = 65_536  # of the original headers; what goes beyond is left out
LEFT_OUT = "left_out_bytes"
_TIMESTAMP_MS_MAX = 253_402_300_799_000  # the last second of the year 9999
_CONTROL = dict.fromkeys((*range(32), 127), " ")


@dataclass(frozen=True, slots=True)
class EventKind:
    """The constant headers of a writer's records of one topic."""

    constant: tuple[tuple[str, bytes], ...]

    def headers(self, event_id: str, at: bytes) -> Headers:
        """Return the headers of one event; `at` is RFC 3339."""
        return [*self.constant, ("ce_id", event_id.encode()), ("ce_time", at)]


def event_kind(
    event_type: str, writer: str, partition: int | str, *, content: bytes = JSON
) -> EventKind:
    """Return what is the same in all headers of a writer's events of one type."""
    return EventKind(
        (
            ("ce_specversion", SPEC_VERSION),
            ("ce_source", f"stock-ledger/{writer}/{partition}".encode()),
            ("ce_type", event_type.encode()),
            ("content-type", content),
        )
    )


def rfc3339(at: datetime) -> bytes:
    """Return a UTC time as the wire writes it."""
    return orjson.dumps(at, option=orjson.OPT_UTC_Z)[1:-1]


def time_of(timestamp_ms: int) -> datetime:
    """Return a Kafka timestamp as a time; one outside the years 1970 to 9999 as the nearest.

    Our topics take the broker's clock, but a topic that is not ours may take any writer's number.
    """
    return datetime.fromtimestamp(min(max(timestamp_ms, 0), _TIMESTAMP_MS_MAX) / 1000, UTC)


def rfc3339_ms(timestamp_ms: int) -> bytes:
    """Return a Kafka timestamp as the wire writes it."""
    return rfc3339(time_of(timestamp_ms))


def source_of(record: SourceRecord) -> str:
    """Return where a record stands: topic/partition/offset."""
    return f"{record.topic}/{record.partition}/{record.offset}"


def quarantined(
    record: SourceRecord, kind: EventKind, reason: str, *, item: int = 0, own: bytes | None = None
) -> Send:
    """Return the quarantine record of a bad one: its bytes untouched, and why in a sentence.

    `own` are the bytes of the one item where a record has several.
    """
    origin, value = source_of(record), record.value if own is None else own
    headers = kind.headers(f"{origin}#{item}", rfc3339_ms(record.timestamp))
    headers.append(("reason", reason.translate(_CONTROL)[:REASON_MAX].encode(errors="replace")))
    headers.append(("origin", origin.encode()))
    headers.append(("item", b"%d" % item))
    left_out = len(value or b"") - QUARANTINED_BYTES_MAX
    if left_out > 0:
        headers.append((LEFT_OUT, b"%d" % left_out))
    headers.extend(_originals(record.headers))
    return origin.encode(), value and value[:QUARANTINED_BYTES_MAX], headers


def _originals(headers: Sequence[tuple[str, bytes]]) -> Headers:
    """Return a record's own headers, the first ones where they are too many."""
    kept: Headers = []
    room_bytes = ORIGINAL_BYTES_MAX
    for name, value in headers:
        room_bytes -= len(name.encode()) + len(value or b"")
        if room_bytes < 0:
            break
        kept.append((ORIGINAL + name, value))
    return kept


def header(record: SourceRecord, name: str) -> str | None:
    """Return a header's text; None if the record has no such header, or one without a value."""
    for key, value in record.headers:
        if key == name and value is not None:
            return value.decode(errors="replace")
    return None
