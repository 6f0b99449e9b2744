"""Which movements a card has seen: enough of each to tell a repeat from a conflict.

Kept are 14 days by the time of receipt, at most 4,096 a card, 12 bytes each: 8 of the id's hash
and 4 of the content's. They are kept in chunks, packed and searched as they are: a table of them
would take fifteen times the memory. A chunk is forgotten whole, and leaves behind the time of the
newest fact in it: whatever occurred up to then can no longer be told from a repeat.
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from ledger.movement import Movement

DAYS_KEPT = 14
KEPT_MAX = 4_096  # beyond it the oldest chunk goes: older facts become "too old to tell"
CHUNK_MAX = 256
CHUNK_DAYS = 2  # a chunk takes no more once its first fact is so old: few chunks on a quiet card
ID_BYTES, CONTENT_BYTES = 8, 4
FACT_BYTES = ID_BYTES + CONTENT_BYTES


@dataclass(slots=True)
class Chunk:
    """Facts in order of arrival: each an id's hash and a content's, packed as they are kept."""

    day: int  # of its first fact's receipt, counted from the first of January of the year 1
    newest: datetime  # the latest `occurred_at` in the chunk
    facts: bytearray = field(default_factory=bytearray)


@dataclass(slots=True)
class Remembered:
    """Invariant: what is not in a chunk occurred up to `forgotten_until`, or was never seen."""

    chunks: list[Chunk] = field(default_factory=list[Chunk])
    forgotten_until: datetime | None = None  # newest `occurred_at` among the forgotten

    def __len__(self) -> int:
        """Return how many movements are remembered."""
        return sum(len(chunk.facts) for chunk in self.chunks) // FACT_BYTES

    def knows(self, movement_id: str) -> bool:
        """Say whether an id is remembered."""
        return self.content_of(id_hash(movement_id)) is not None

    def content_of(self, seen: bytes) -> bytes | None:
        """Return the content remembered of an id's hash; None if the id is unknown."""
        for chunk in self.chunks:
            at = chunk.facts.find(seen)
            while at > 0 and at % FACT_BYTES:  # bytes of two facts that look like the hash
                at = chunk.facts.find(seen, at + 1)
            if at >= 0:
                return bytes(chunk.facts[at + ID_BYTES : at + FACT_BYTES])
        return None

    def is_too_old(self, movement: Movement) -> bool:
        """Say whether an unknown movement may be a repeat of a forgotten one."""
        return self.forgotten_until is not None and movement.occurred_at <= self.forgotten_until

    def remember(self, movement: Movement, seen: bytes) -> None:
        """Keep the movement by its id's hash; forget what was received over 14 days before it."""
        chunk = self._chunk_for(movement)
        chunk.facts += seen + content_hash_prefix(movement)
        chunk.newest = max(chunk.newest, movement.occurred_at)

    def _chunk_for(self, movement: Movement) -> Chunk:
        day = movement.received_at.toordinal()
        if self.chunks:
            chunk = self.chunks[-1]
            if len(chunk.facts) < CHUNK_MAX * FACT_BYTES and day < chunk.day + CHUNK_DAYS:
                return chunk
        chunk = Chunk(day, movement.occurred_at)
        self.chunks.append(chunk)
        self._forget(day)
        return chunk

    def _forget(self, today: int) -> None:
        oldest_kept = today - DAYS_KEPT - CHUNK_DAYS
        while self.chunks[0].day < oldest_kept or len(self) > KEPT_MAX - CHUNK_MAX:
            gone = self.chunks.pop(0)
            self.forgotten_until = max(self.forgotten_until or gone.newest, gone.newest)


def id_hash(movement_id: str) -> bytes:
    """Return 8 bytes that stand for an id."""
    return blake2b(movement_id.encode(), digest_size=ID_BYTES).digest()


def content_hash_prefix(movement: Movement) -> bytes:
    """Return the first 4 bytes of the content hash."""
    return bytes.fromhex(movement.content_hash[: 2 * CONTENT_BYTES])


def render_facts(chunk: Chunk) -> str:
    """Return a chunk's facts as text."""
    return b64encode(chunk.facts).decode()


def parse_facts(text: str) -> bytearray:
    """Read a chunk's facts back."""
    return bytearray(b64decode(text))
