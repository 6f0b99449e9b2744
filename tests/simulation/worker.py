"""A model of a worker process: the real lanes and folds, moved by single steps.

A step is the smallest thing another process can come between: a fetch, a taken list, a fence, a
write of a transaction, its commit. Steps of one worker's lanes interleave as the seed says.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from random import Random
from typing import TypeVar

from streams.engine.found import Found
from streams.engine.lane import Lane, RecordList, Transaction
from streams.engine.mark import MARK_KEY, fingerprint, fingerprinted_offset, parse_mark
from streams.engine.runner import Agent
from tests.simulation.kafka import Kafka, MustEnd, Place, State

FETCH_MAX = 12  # slots of one fetch: small, so that lists end before markers and inside bursts
PIECE_RECORDS = 5  # folded at a stretch
INBOX_MAX = 3  # lists that wait when no other is fetched
PENDING_MAX = 25  # folded records a lane may hold before it must cut

T = TypeVar("T")
Step = Iterator[None]


class NotSettled(MustEnd):
    """A commit is decided, and some partition does not show it."""


@dataclass(frozen=True, slots=True)
class Plant:
    """Where a planted bug may enter; production code has none of these. See `bugs.py`."""

    lane: type[Lane] = Lane
    fences: bool = True
    recovers_before_fencing: bool = False
    settles: bool = True
    asks_before_fencing: bool = True
    checks_generation: bool = True
    shows_before_commit: bool = False
    skips_empty_lists: bool = False
    commits_offsets_first: bool = False
    forgets_offsets_of: Collection[str] = ()  # topics
    recovers_from: Callable[[Kafka, Place], dict[bytes, bytes]] | None = None


@dataclass(slots=True)
class Running:
    """A lane, its producer's epoch, and the transaction on its way."""

    lane: Lane
    agent: Agent
    epoch: int
    writing: Step | None = None
    fetched_to: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def transactional_id(self) -> str:
        """Return the id that fences: the lane's."""
        return f"{self.lane.agent}-{self.lane.partition}"


_NO_LANES: tuple[tuple[Running, ...], ...] = ((),)


class Worker:
    """One process; `lanes` is empty until it is assigned something."""

    def __init__(self, name: str, kafka: Kafka, agents: Sequence[Agent], plant: Plant) -> None:
        self.name = name
        self.generation = -1
        self.lanes: dict[tuple[str, int], Running] = {}
        self._orders = _NO_LANES  # every order that a step may try the lanes in
        self.is_frozen = False
        self.inbox: deque[RecordList] = deque()
        self._kafka, self._agents, self._plant = kafka, agents, plant
        self._by_source = {topic: agent for agent in agents for topic in agent.sources}

    def assign(
        self, generation: int, partitions: Sequence[int], meanwhile: Callable[[], None]
    ) -> None:
        """Fence, recover, start: every lane of the assignment anew, kept ones too.

        `meanwhile` lets former owners that were told nothing go on in between.
        """
        self.drop()
        self.generation = generation
        new = [self._new(agent, p) for agent in self._agents for p in partitions]
        found: list[Found] = []
        if self._plant.recovers_before_fencing:
            found = [self._found(running.lane) for running in new]
            meanwhile()
        for running in new:
            self._take_over(running)
        if not self._plant.recovers_before_fencing:
            meanwhile()
            found = [self._found(running.lane) for running in new]
        for running, own in zip(new, found, strict=True):
            running.lane.start(own)
            running.fetched_to = dict(running.lane.next_offset)
            self.lanes[running.lane.agent, running.lane.partition] = running
        self._orders = tuple(permutations(self.lanes.values()))

    def steps(self, random: Random) -> bool:
        """Do one thing; False where there is nothing to do."""
        runs = one_of(random, self._orders)
        return any(act(self, runs, random) for act in one_of(random, _ACTS))

    def drain(self) -> None:
        """Finish what is open, as on SIGTERM; raises `MustEnd`, as where another has taken over."""
        for running in self.lanes.values():
            while self._advance(running):
                pass
        self.drop()

    def drop(self) -> None:
        """Have no lanes any more."""
        self.lanes = {}
        self._orders = _NO_LANES

    def _take_over(self, running: Running) -> None:
        """Fence, and end what hangs as it was decided; nobody comes between question and fence."""
        kafka, own_id = self._kafka, running.transactional_id
        was_committed = self._plant.asks_before_fencing and kafka.was_committed(own_id)
        running.epoch = kafka.start(own_id) if self._plant.fences else kafka.share(own_id)
        while kafka.hangs(own_id):
            kafka.end_hanging(own_id, State.COMMITTED if was_committed else State.ABORTED)

    def _fetch(self, runs: Sequence[Running], random: Random) -> bool:
        return len(self.inbox) <= INBOX_MAX and any(
            self._fetch_one(running, topic, random)
            for running in runs
            for topic in running.lane.sources
        )

    def _fetch_one(self, running: Running, topic: str, random: Random) -> bool:
        lane = running.lane
        before, place = running.fetched_to[topic], (topic, lane.partition)
        if self._kafka.end(place) <= before or not lane.wants(topic, pending_max=PENDING_MAX):
            return False
        records, after = self._kafka.read(place, before, below(random, FETCH_MAX) + 1)
        running.fetched_to[topic] = after
        if records or not self._plant.skips_empty_lists:
            self.inbox.append(
                RecordList(topic, lane.partition, self.generation, before, after, records)
            )
        return True

    def _deliver(self, _: Sequence[Running], random: Random) -> bool:  # noqa: ARG002 (an act's)
        if not self.inbox:
            return False
        # As the engine does: a list is folded in pieces, and anything may happen in between.
        taken, *rest = self.inbox.popleft().pieces(PIECE_RECORDS)
        self.inbox.extendleft(reversed(rest))
        agent = self._by_source[taken.topic]
        running = self.lanes.get((agent.name, taken.partition))
        stale = self._plant.checks_generation and taken.generation != self.generation
        if running is not None and not stale and not running.lane.take(taken):
            running.fetched_to[taken.topic] = running.lane.next_offset[taken.topic]
        return True

    def _write(self, runs: Sequence[Running], _: Random) -> bool:
        return any(self._advance(running) for running in runs)

    def _advance(self, running: Running) -> bool:
        if running.writing is None:
            transaction = running.lane.cut()
            if transaction is None:
                return False
            if self._plant.shows_before_commit:
                running.lane.committed(transaction)
            running.writing = self._transact(running, transaction)
        if next(running.writing, self) is self:
            running.writing = None
        return True

    def _transact(self, running: Running, transaction: Transaction) -> Step:
        kafka, lane = self._kafka, running.lane
        own_id, epoch = running.transactional_id, running.epoch
        offsets = {
            (topic, lane.partition): offset
            for topic, offset in transaction.offsets.items()
            if topic not in self._plant.forgets_offsets_of
        }
        kafka.begin(own_id, epoch)
        if self._plant.commits_offsets_first:
            kafka.group.update(offsets)
        yield
        for place, sends in transaction.cut.outputs.items():
            kafka.write(own_id, epoch, place, sends)
            yield
        changelog = ((key, value, []) for key, value in transaction.changelog)
        kafka.write(own_id, epoch, (lane.changelog_topic, lane.partition), changelog)
        yield
        kafka.commit(own_id, epoch, offsets)
        yield
        if self._plant.settles and kafka.hangs(own_id):
            raise NotSettled(own_id)
        lane.committed(transaction)

    def _new(self, agent: Agent, partition: int) -> Running:
        lane = self._plant.lane(
            agent.name,
            partition,
            sources=agent.sources,
            read_first=agent.read_first,
            changelog_topic=agent.changelog_topic,
            fold=agent.new_fold(partition),
        )
        return Running(lane, agent, epoch=0)

    def _found(self, lane: Lane) -> Found:
        image_of = self._plant.recovers_from or changelog_image
        image = image_of(self._kafka, (lane.changelog_topic, lane.partition))
        return _found_beside(image, self._kafka, lane)


def _go_on(_: Worker, runs: Sequence[Running], __: Random) -> bool:
    """Do a piece of what a record has set off, in the first lane that has some."""
    for running in runs:
        if running.lane.fold.is_unfinished:
            running.lane.go_on()
            return True
    return False


# Every order of what a step may try: one draw picks one, where `Random.shuffle` draws for each.
_ACTS = tuple(permutations((Worker._fetch, Worker._deliver, _go_on, Worker._write)))


def below(random: Random, number: int) -> int:
    """Return one of so many whole numbers from zero, each as likely; `randrange` at a third."""
    return int(random.random() * number)


def one_of(random: Random, things: Sequence[T]) -> T:
    """Return one of the things, each as likely."""
    return things[int(random.random() * len(things))]  # as `below`, without its call


def changelog_image(kafka: Kafka, place: Place) -> dict[bytes, bytes]:
    """Return the last committed value of every key."""
    image: dict[bytes, bytes | None] = {}
    for record in kafka.logs[place].committed():
        image[record.key or b""] = record.value
    return {key: value for key, value in image.items() if value is not None}


def _found_beside(image: dict[bytes, bytes], kafka: Kafka, lane: Lane) -> Found:
    own = {topic: (topic, lane.partition) for topic in lane.sources}
    mark = parse_mark(image[MARK_KEY]) if MARK_KEY in image else None
    last_seen = mark.last_seen if mark else {}
    return Found(
        changelog=image,
        changelog_end=kafka.end((lane.changelog_topic, lane.partition)),
        committed={topic: kafka.group.get(at) for topic, at in own.items()},
        beginning=dict.fromkeys(own, 0),
        end={topic: kafka.end(at) for topic, at in own.items()},
        last_seen={t: _fingerprint(kafka, at, last_seen.get(t)) for t, at in own.items()},
    )


def _fingerprint(kafka: Kafka, place: Place, marked: str | None) -> str | None:
    if marked is None:
        return None
    records, _ = kafka.read(place, fingerprinted_offset(marked), 1)
    return fingerprint(records[0]) if records else None


def committed_cards(worker: Worker) -> Mapping[bytes, bytes]:
    """Return what the worker's readers may see now."""
    return {
        key: value
        for running in worker.lanes.values()
        for key, value in running.lane.fold.committed_values().items()
    }
