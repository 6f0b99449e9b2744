"""A model of Kafka: partition logs with transactions, fencing, markers and compaction.

What it keeps of the real one (measured on Kafka 4.4, `ledger/decisions.md`): a commit or abort
marker takes an offset in every partition a transaction touched; read_committed ends at the first
open transaction; starting a producer aborts what its id had open and fences its former holder;
offsets in a transaction carry no generation, so only the id fences. While a partition has no
leader, markers on their way to it are left out: the transaction is complete for its coordinator
and hangs in the partition, until another of the same producer ends there, whichever way.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from ledger.immutable import immutable
from streams.engine.fold import Headers, Send

Place = tuple[str, int]
BEGINS_MS = 1_783_071_600_000  # 2026-07-03T09:40Z, after everything the workload tells of
STEP_MS = 7  # between two appends: the log's clock moves, and is the same for the same seed


class MustEnd(Exception):
    """The process ends; whoever supervises it starts it again."""


class Fenced(MustEnd):
    """The producer's epoch is over: somebody started its transactional id again."""


class State(Enum):
    """Where a transaction stands."""

    OPEN = auto()
    COMMITTED = auto()
    ABORTED = auto()


@dataclass(slots=True, eq=False)
class Part:
    """What a producer has written to one partition since its last marker there."""

    first: int  # offset
    state: State = State.OPEN


Parts = dict[Place, Part]  # of one transaction, in the order of the first write


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
    within: Part | None


class PartitionLog:
    """Slots by offset; a compacted slot keeps its offset and loses its record."""

    def __init__(self) -> None:
        self.slots: list[Slot] = []
        self.open: list[Part] = []  # in the order in which they begin

    def stable_end(self) -> int:
        """Return the last stable offset."""
        return self.open[0].first if self.open else len(self.slots)

    def read(
        self, position: int, at_most: int, *, committed: bool = True
    ) -> tuple[list[Record], int]:
        """Return up to so many slots' visible records, and the position after them."""
        end = self.stable_end() if committed else len(self.slots)
        if end <= position:
            return [], position
        after = min(end, position + at_most)
        visible = [
            slot.record
            for slot in self.slots[position:after]
            if slot.record is not None
            and (slot.within is None or slot.within.state is State.COMMITTED)
        ]
        return visible, after

    def committed(self) -> list[Record]:
        """Return every record that a reader of committed ones sees."""
        return self.read(0, len(self.slots))[0]

    def compact(self) -> int:
        """Drop every stable record whose key has a later stable one, as the cleaner does.

        Return how many are gone.
        """
        last = {record.key: record.offset for record in self.committed()}
        gone = 0
        for slot in self.slots[: self.stable_end()]:
            if slot.record is not None and last.get(slot.record.key) != slot.record.offset:
                slot.record = None
                gone += 1
        return gone

    def begin(self) -> Part:
        """Return a new part, which begins at the next record."""
        part = Part(first=len(self.slots))
        self.open.append(part)
        return part

    def mark(self, part: Part, state: State) -> None:
        """Append the marker that ends a part."""
        part.state = state
        self.open.remove(part)
        self.slots.append(Slot(None, None))


class Kafka:
    """All partitions, the group's offsets, and the epochs of transactional ids."""

    def __init__(self) -> None:
        self.logs: defaultdict[Place, PartitionLog] = defaultdict(PartitionLog)
        self.group: dict[Place, int] = {}
        self.ever_committed: set[tuple[bytes | None, bytes | None]] = set()  # key and value
        self.now_ms = BEGINS_MS
        self.left_out = 0  # markers
        self._epochs: dict[str, int] = {}
        self._open: dict[str, Parts] = {}
        self._decided: dict[str, State] = {}  # of an id's last transaction, until it is started
        self._hanging: defaultdict[str, Parts] = defaultdict(dict)
        self._leaderless: Collection[Place] = ()
        self._ends_until_leaders = 0

    def append(self, place: Place, send: Send, within: Part | None = None) -> int:
        """Append one record; return its offset."""
        log = self.logs[place]
        offset = len(log.slots)
        self.now_ms += STEP_MS
        log.slots.append(Slot(Record(*place, offset, self.now_ms, *send), within))
        return offset

    def start(self, transactional_id: str) -> int:
        """Fence the former holder, end what it had open, forget the rest; return the new epoch."""
        self.time_out(transactional_id)
        self._decided.pop(transactional_id, None)
        return self._epochs[transactional_id]

    def time_out(self, transactional_id: str) -> bool:
        """Fence the holder, and end what it has open; False where nothing was."""
        was_open = self.end_open(transactional_id)
        self._epochs[transactional_id] = self._epochs.get(transactional_id, 0) + 1
        return was_open

    def share(self, transactional_id: str) -> int:
        """Return the epoch of now and fence nobody: what a planted bug does."""
        return self._epochs.setdefault(transactional_id, 1)

    def begin(self, transactional_id: str, epoch: int) -> None:
        """Open a transaction; two who share an epoch share it."""
        self._check(transactional_id, epoch)
        self._open.setdefault(transactional_id, {})

    def write(self, transactional_id: str, epoch: int, place: Place, sends: Iterable[Send]) -> None:
        """Append within the open transaction; raise `Fenced` for a former holder."""
        self._check(transactional_id, epoch)
        parts = self._open.setdefault(transactional_id, {})
        for send in sends:
            if place not in parts:
                parts[place] = self._part(transactional_id, place)
            self.append(place, send, parts[place])

    def commit(self, transactional_id: str, epoch: int, offsets: Mapping[Place, int]) -> None:
        """Make the open transaction visible, with the group's offsets."""
        self._check(transactional_id, epoch)
        if transactional_id in self._open:
            self._end(transactional_id, self._open.pop(transactional_id), State.COMMITTED)
        self.group.update(offsets)

    def end_open(self, transactional_id: str) -> bool:
        """Abort what an id has open, its holder started anew or its time ran out; False if none."""
        opened = self._open.pop(transactional_id, None)
        if opened is not None:
            self._end(transactional_id, opened, State.ABORTED)
        return opened is not None

    def lose_leaders(self, places: Collection[Place], ends: int) -> None:
        """Leave out of these partitions the markers of so many transactions that end next."""
        self._leaderless, self._ends_until_leaders = places, ends

    def was_committed(self, transactional_id: str) -> bool:
        """Say how its last transaction was decided, unless it was started since."""
        is_decided = transactional_id not in self._open
        return is_decided and self._decided.get(transactional_id) is State.COMMITTED

    def hangs(self, transactional_id: str) -> bool:
        """Say whether partitions hold open what its coordinator holds complete."""
        return bool(self._hanging[transactional_id])

    def end_hanging(self, transactional_id: str, state: State) -> None:
        """End a transaction without a record where one hangs."""
        self._end(transactional_id, self._hanging.pop(transactional_id), state)

    def end(self, place: Place) -> int:
        """Return a partition's last stable offset."""
        return self.logs[place].stable_end()

    def read(
        self, place: Place, position: int, at_most: int, *, committed: bool = True
    ) -> tuple[list[Record], int]:
        """Return up to so many slots' visible records, and the position after them."""
        return self.logs[place].read(position, at_most, committed=committed)

    def all_of(self, topic: str) -> list[Record]:
        """Return every committed record of a topic, by partition and offset."""
        places = sorted(place for place in self.logs if place[0] == topic)
        return [record for place in places for record in self.logs[place].committed()]

    def _check(self, transactional_id: str, epoch: int) -> None:
        if self._epochs.get(transactional_id) != epoch:
            raise Fenced(transactional_id)

    def _part(self, transactional_id: str, place: Place) -> Part:
        """Return what hangs there, which is of this transaction from now on; else a new part."""
        hanging = self._hanging[transactional_id].pop(place, None)
        return hanging or self.logs[place].begin()

    def _end(self, transactional_id: str, parts: Parts, state: State) -> None:
        self._decided[transactional_id] = state
        leaderless = self._leaderless if self._ends_until_leaders > 0 else ()
        self._ends_until_leaders -= 1
        for place, part in parts.items():
            if place in leaderless:
                self.left_out += 1
                self._hanging[transactional_id][place] = part
            else:
                self._mark(place, part, state)

    def _mark(self, place: Place, part: Part, state: State) -> None:
        log = self.logs[place]
        if state is State.COMMITTED and "changelog" in place[0]:
            own = (s.record for s in log.slots[part.first :] if s.within is part and s.record)
            self.ever_committed.update((record.key, record.value) for record in own)
        log.mark(part, state)
