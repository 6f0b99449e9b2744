"""A model of Kafka: partition logs with transactions, fencing, markers and compaction.

What it keeps of the real one (measured on Kafka 4.4, `ledger/decisions.md`): a commit or abort
marker takes an offset in every partition a transaction touched; read_committed ends at the first
open transaction; starting a producer aborts what its id had open and fences its former holder;
offsets in a transaction carry no generation, so only the id fences.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from ledger.immutable import immutable
from streams.engine.fold import Headers, Send

Place = tuple[str, int]
BEGINS_MS = 1_783_071_600_000  # 2026-07-03T09:40Z, after everything the workload tells of
STEP_MS = 7  # between two appends: the log's clock moves, and is the same for the same seed


class Fenced(Exception):
    """The producer's epoch is over: somebody started its transactional id again."""


class State(Enum):
    """Where a transaction stands."""

    OPEN = auto()
    COMMITTED = auto()
    ABORTED = auto()


@dataclass(slots=True)
class Transacted:
    """One transaction; `touched` in the order of the first write."""

    state: State = State.OPEN
    touched: dict[Place, int] = field(default_factory=dict[Place, int])  # place -> first offset


@immutable
class Record:
    """As the engine's `SourceRecord`."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(slots=True)
class Slot:
    """One offset of a log: a record, or a marker (no record)."""

    record: Record | None
    within: Transacted | None


class PartitionLog:
    """Slots by offset; a compacted slot keeps its offset and loses its record."""

    def __init__(self) -> None:
        self.slots: list[Slot] = []
        self.open: list[Transacted] = []

    def stable_end(self, place: Place) -> int:
        """Return the last stable offset."""
        if not self.open:
            return len(self.slots)
        return min(transacted.touched[place] for transacted in self.open)


class Kafka:
    """All partitions, the group's offsets, and the epochs of transactional ids."""

    def __init__(self) -> None:
        self.logs: defaultdict[Place, PartitionLog] = defaultdict(PartitionLog)
        self.group: dict[Place, int] = {}
        self.ever_committed: set[tuple[bytes | None, bytes | None]] = set()  # key and value
        self.now_ms = BEGINS_MS
        self._epochs: dict[str, int] = {}
        self._open: dict[str, Transacted] = {}

    def log(self, place: Place) -> PartitionLog:
        """Return a partition's log; made when first named."""
        return self.logs[place]

    def append(self, place: Place, send: Send, within: Transacted | None = None) -> int:
        """Append one record; return its offset."""
        log = self.logs[place]
        offset = len(log.slots)
        self.now_ms += STEP_MS
        log.slots.append(Slot(Record(*place, offset, self.now_ms, *send), within))
        if within is not None and place not in within.touched:
            within.touched[place] = offset
            log.open.append(within)
        return offset

    def start(self, transactional_id: str) -> int:
        """Fence the former holder, end what it had open; return the new epoch."""
        self.end_open(transactional_id)
        self._epochs[transactional_id] = self._epochs.get(transactional_id, 0) + 1
        return self._epochs[transactional_id]

    def share(self, transactional_id: str) -> int:
        """Return the epoch of now and fence nobody: what a planted bug does."""
        return self._epochs.setdefault(transactional_id, 1)

    def begin(self, transactional_id: str, epoch: int) -> None:
        """Open a transaction; two who share an epoch share it."""
        self._check(transactional_id, epoch)
        self._open.setdefault(transactional_id, Transacted())

    def write(self, transactional_id: str, epoch: int, place: Place, sends: Iterable[Send]) -> None:
        """Append within the open transaction; raise `Fenced` for a former holder."""
        self._check(transactional_id, epoch)
        within = self._open.setdefault(transactional_id, Transacted())
        for send in sends:
            self.append(place, send, within)

    def commit(self, transactional_id: str, epoch: int, offsets: Mapping[Place, int]) -> None:
        """Make the open transaction visible, with the group's offsets."""
        self._check(transactional_id, epoch)
        if transactional_id in self._open:
            self._end(self._open.pop(transactional_id), State.COMMITTED)
        self.group.update(offsets)

    def end_open(self, transactional_id: str) -> None:
        """Abort what an id has open: its holder started anew, or its time ran out."""
        opened = self._open.pop(transactional_id, None)
        if opened is not None:
            self._end(opened, State.ABORTED)

    def end(self, place: Place) -> int:
        """Return a partition's last stable offset."""
        return self.logs[place].stable_end(place)

    def read(
        self, place: Place, position: int, at_most: int, *, committed: bool = True
    ) -> tuple[list[Record], int]:
        """Return up to so many slots' visible records, and the position after them."""
        log = self.logs[place]
        end = log.stable_end(place) if committed else len(log.slots)
        if end <= position:
            return [], position
        after = min(end, position + at_most)
        visible = [
            slot.record
            for slot in log.slots[position:after]
            if slot.record is not None
            and (slot.within is None or slot.within.state is State.COMMITTED)
        ]
        return visible, after

    def all_of(self, topic: str) -> list[Record]:
        """Return every committed record of a topic, by partition and offset."""
        places = sorted(place for place in self.logs if place[0] == topic)
        return [r for place in places for r in self.read(place, 0, len(self.logs[place].slots))[0]]

    def compact(self, place: Place) -> None:
        """Drop every stable record whose key has a later stable one, as the cleaner does."""
        log = self.log(place)
        last: dict[bytes | None, int] = {}
        records, _ = self.read(place, 0, len(log.slots))
        for record in records:
            last[record.key] = record.offset
        for slot in log.slots[: log.stable_end(place)]:
            if slot.record is not None and last.get(slot.record.key) != slot.record.offset:
                slot.record = None

    def _check(self, transactional_id: str, epoch: int) -> None:
        if self._epochs.get(transactional_id) != epoch:
            raise Fenced(transactional_id)

    def _end(self, ended: Transacted, state: State) -> None:
        ended.state = state
        for place, first in ended.touched.items():
            log = self.log(place)
            log.open.remove(ended)
            if state is State.COMMITTED and "changelog" in place[0]:
                own = (s.record for s in log.slots[first:] if s.within is ended and s.record)
                self.ever_committed.update((record.key, record.value) for record in own)
            log.slots.append(Slot(None, None))  # the marker
