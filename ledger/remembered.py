"""Which movements a card has seen: enough of each to tell a repeat from a conflict.

Kept are 14 days by the time of receipt, at most 4,096 a card, 12 bytes each: 8 of the id's hash
and 4 of the content's. They are kept in chunks; a chunk is forgotten whole, and leaves behind the
time of the newest fact in it: whatever occurred up to then can no longer be told from a repeat.
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from struct import Struct

from ledger.movement import Movement

DAYS_KEPT = 14
KEPT_MAX = 4_096  # beyond it the oldest chunk goes: older facts become "too old to tell"
CHUNK_MAX = 256
CHUNK_DAYS = 2  # a chunk takes no more once its first fact is so old: few chunks on a quiet card
_SEEN = Struct(">QI")
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Chunk:
    """Ids in order of arrival; `day` (since 1970) of its first fact, time of its newest."""

    day: int
    newest: datetime  # the latest `occurred_at` in the chunk
    ids: list[int] = field(default_factory=list[int])


@dataclass(slots=True)
class Remembered:
    """Invariant: `content` holds exactly the ids of all chunks."""

    chunks: list[Chunk] = field(default_factory=list[Chunk])
    content: dict[int, int] = field(default_factory=dict[int, int])  # id hash -> content hash
    forgotten_until: datetime | None = None  # newest `occurred_at` among the forgotten

    def content_of(self, movement: Movement) -> int | None:
        """Return the content hash remembered under the movement's id, if there is one."""
        return self.content.get(id_hash(movement.movement_id))

    def knows(self, movement_id: str) -> bool:
        """Say whether an id is remembered."""
        return id_hash(movement_id) in self.content

    def is_too_old(self, movement: Movement) -> bool:
        """Say whether an unknown movement may be a repeat of a forgotten one."""
        return self.forgotten_until is not None and movement.occurred_at <= self.forgotten_until

    def remember(self, movement: Movement) -> None:
        """Keep the movement; forget what is over 14 days older than its receipt."""
        seen = id_hash(movement.movement_id)
        day = (movement.received_at - _EPOCH) // _DAY
        chunk = self.chunks[-1] if self.chunks else None
        if chunk is None or len(chunk.ids) >= CHUNK_MAX or day >= chunk.day + CHUNK_DAYS:
            chunk = Chunk(day, movement.occurred_at)
            self.chunks.append(chunk)
            self._forget(day)
        chunk.ids.append(seen)
        chunk.newest = max(chunk.newest, movement.occurred_at)
        self.content[seen] = content_hash_prefix(movement)

    def _forget(self, today: int) -> None:
        oldest_kept = today - DAYS_KEPT - CHUNK_DAYS
        while self.chunks[0].day < oldest_kept or len(self.content) > KEPT_MAX - CHUNK_MAX:
            gone = self.chunks.pop(0)
            for seen in gone.ids:
                del self.content[seen]
            self.forgotten_until = max(self.forgotten_until or gone.newest, gone.newest)


def id_hash(movement_id: str) -> int:
    """Return 8 bytes of the id as a number."""
    return int.from_bytes(blake2b(movement_id.encode(), digest_size=8).digest())


def content_hash_prefix(movement: Movement) -> int:
    """Return the first 4 bytes of the content hash as a number."""
    return int(movement.content_hash[:8], 16)


def pack(chunk: Chunk, content: dict[int, int]) -> str:
    """Return a chunk's ids and contents as base64, 12 bytes each."""
    return b64encode(b"".join(_SEEN.pack(seen, content[seen]) for seen in chunk.ids)).decode()


def unpack(text: str) -> list[tuple[int, int]]:
    """Return pairs of id and content hash."""
    return list(_SEEN.iter_unpack(b64decode(text)))
