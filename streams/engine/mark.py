"""A lane's mark: how far it has come, written into its changelog by every transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import orjson

from ledger.errors import UnreadableState
from streams.engine.fold import SourceRecord

MARK_KEY = b"\x00mark"


def fingerprint(record: SourceRecord) -> str:
    """Tell this record from any other that a topic made anew may hold at its offset."""
    content = crc32(record.value or b"", crc32(record.key or b""))
    return f"{record.offset}:{record.timestamp}:{content:08x}"


def fingerprinted_offset(text: str) -> int:
    """Return the offset of the record that a fingerprint was taken of."""
    return int(text.partition(":")[0])


@dataclass(frozen=True, slots=True)
class Mark:
    """Invariant: travels in the same transaction as the offsets and values it vouches for."""

    next_offset: Mapping[str, int] = field(default_factory=dict[str, int])  # by source topic
    last_seen: Mapping[str, str] = field(default_factory=dict[str, str])  # fingerprint by topic
    counts: Mapping[str, int] = field(default_factory=dict[str, int])  # of every fate, for ever
    state: Mapping[str, Any] = field(default_factory=dict[str, Any])  # the fold's own small state

    def render(self) -> bytes:
        """Return one readable JSON object."""
        return orjson.dumps(
            {
                "next": dict(self.next_offset),
                "last": dict(self.last_seen),
                "counts": dict(self.counts),
                "state": dict(self.state),
            }
        )


def parse_mark(value: bytes) -> Mark:
    """Read a mark back; raise `UnreadableState` for anything else."""
    try:
        fields = orjson.loads(value)
        return Mark(fields["next"], fields["last"], fields["counts"], fields["state"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise UnreadableState(f"a mark does not read back: {error}") from None
