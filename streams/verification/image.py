"""What a lane's changelog holds: its mark, its cards and what it keeps beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import orjson

from streams.engine.fold import SourceRecord
from streams.verification.facts import UnderWay

MARK = b"\x00mark"
PARKED = b"\x00parked:"
WAITING = b"\x00waiting:"
CHART = b"\x00chart:"


@dataclass(slots=True)
class Image:
    """One changelog partition at one moment; a later record of a key replaces an earlier one."""

    values: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])

    def take(self, record: SourceRecord) -> None:
        """Take in a record of the changelog."""
        if record.value is None:
            self.values.pop(record.key, None)
        else:
            self.values[record.key] = record.value

    def mark(self) -> Mapping[str, Any] | None:
        """Return the lane's mark; None before its first transaction."""
        value = self.values.get(MARK)
        return None if value is None else orjson.loads(value)

    def first_rules(self) -> str | None:
        """Return the chart the lane began with, where its mark says so."""
        mark = self.mark()
        return None if mark is None else mark["state"].get("first_rules")

    def ours_since(self) -> Mapping[str, int]:
        """Return by account the delivery from which on translate took it for ours."""
        return (self.mark() or {}).get("state", {}).get("ours_since", {})

    def under_way(self) -> UnderWay | None:
        """Return the opening that the lane is in the middle of, as its mark says."""
        opening = (self.mark() or {}).get("state", {}).get("opening")
        if opening is None:
            return None
        return UnderWay((opening["account"], opening["site"]), opening["reached"])

    def keys(self, prefix: bytes) -> set[bytes]:
        """Return what follows the prefix in the keys that have it."""
        return {key[len(prefix) :] for key in self.values if key.startswith(prefix)}

    def cards(self) -> dict[str, dict[str, Any]]:
        """Return the cards by SKU."""
        return {
            key.decode(): orjson.loads(value)
            for key, value in self.values.items()
            if not key.startswith(b"\x00")
        }


def fingerprint(record: SourceRecord) -> str:
    """Return what a mark says of the last record it has seen."""
    content = crc32((record.key or b"") + (record.value or b""))
    return f"{record.offset}:{record.timestamp}:{content:08x}"
