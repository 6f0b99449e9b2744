"""What completed documents were told to have moved, so that a later telling moves the difference.

A document can complete, be undone (no header event tells of it) and complete again. A completion
is therefore no delta: it states what was received or despatched of the document, as a whole.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from ledger.errors import UnreadableState
from ledger.json_bytes import json_bytes
from ledger.movement import MovementKind

DAYS_KEPT = 90  # as long as the deliveries; a document told again later counts as a new one
FORGOTTEN_MAX = 1_000  # documents forgotten in one cut at the most: the rest goes with the next
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StatedLine:
    """What moved of one line of a document, in all."""

    line_id: str
    kind: MovementKind
    sku: str
    site: str
    account: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What one completion says of a document."""

    document: str  # resource:id
    at: datetime  # UTC, the warehouse's clock
    moved: Mapping[StatedLine, int]  # thousandths, above zero


@dataclass(frozen=True, slots=True)
class Difference:
    """What a statement adds to those before it; none of it if it says nothing new."""

    telling: int  # 1 for the first statement of the document
    changes: tuple[tuple[StatedLine, int], ...]  # thousandths, signed


@dataclass(frozen=True, slots=True)
class _Document:
    at: datetime
    day: int  # since 1970, of the last telling
    telling: int
    moved: dict[StatedLine, int]


class CompletedDocuments:
    """The memory of one partition. Invariant: documents stand in order of their last telling."""

    def __init__(self) -> None:
        self._documents: dict[bytes, _Document] = {}
        self._touched: dict[bytes, None] = {}  # a set that keeps its order

    def restore(self, changelog: Mapping[bytes, bytes]) -> None:
        """Start from the recovered changelog."""
        found = [(key, _decoded(key, value)) for key, value in changelog.items()]
        self._documents = dict(sorted(found, key=lambda pair: (pair[1].day, pair[0])))

    def knows(self, document: str) -> bool:
        """Say whether a document was told of, and is remembered."""
        return document.encode() in self._documents

    def take(self, statement: Statement, received_at: datetime) -> Difference | None:
        """Return what is new in a statement, and remember it; None if a later one was told."""
        key = statement.document.encode()
        known = self._documents.get(key)
        if known is not None and statement.at < known.at:
            return None
        before = {} if known is None else known.moved
        changes = tuple(_changes(before, statement.moved))
        telling = 1 if known is None else known.telling + bool(changes)
        day = (received_at - _EPOCH).days
        self._documents.pop(key, None)
        self._documents[key] = _Document(statement.at, day, telling, dict(statement.moved))
        self._touched[key] = None
        self._forget(day - DAYS_KEPT)
        return Difference(telling, changes)

    def snapshot(self) -> Sequence[tuple[bytes, bytes | None]]:
        """Return what was touched since the last one, as bytes; a forgotten document as none."""
        touched, self._touched = self._touched, {}
        found = ((key, self._documents.get(key)) for key in touched)
        return [(key, None if known is None else _encoded(known)) for key, known in found]

    def _forget(self, before_day: int) -> None:
        old: list[bytes] = []
        for key, known in self._documents.items():
            if known.day >= before_day or len(old) == FORGOTTEN_MAX:
                break
            old.append(key)
        for key in old:
            del self._documents[key]
            self._touched[key] = None


def _changes(
    before: Mapping[StatedLine, int], now: Mapping[StatedLine, int]
) -> Iterator[tuple[StatedLine, int]]:
    for line in {**before, **now}:
        change = now.get(line, 0) - before.get(line, 0)
        if change:
            yield line, change


def _encoded(document: _Document) -> bytes:
    return json_bytes(
        {
            "at": document.at,
            "day": document.day,
            "telling": document.telling,
            "moved": [
                [line.line_id, line.kind.value, line.sku, line.site, line.account, milli]
                for line, milli in document.moved.items()
            ],
        },
        option=orjson.OPT_UTC_Z,
    )


def _decoded(key: bytes, value: bytes) -> _Document:
    try:
        found = orjson.loads(value)
        return _Document(
            datetime.fromisoformat(found["at"]),
            found["day"],
            found["telling"],
            dict(_line(*row) for row in found["moved"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableState(f"completed document {key!r} does not read back: {error}") from None


def _line(line_id: str, kind: str, sku: str, site: str, *owner: Any) -> tuple[StatedLine, int]:
    account, milli = owner
    return StatedLine(line_id, MovementKind(kind), sku, site, account), milli
