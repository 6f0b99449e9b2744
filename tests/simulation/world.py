"""One universe: a seed, a workload, workers, and whatever goes wrong. Safety first, then liveness.

The scheduler picks the next step by the seed alone; the same seed gives the same universe, byte
for byte. After the safety phase faults stop, and it must come to rest and agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from ledger.errors import LedgerError
from streams.engine.errors import EngineError
from streams.topics import STOCK_CHANGELOG
from tests.simulation.faults import FAULTS, Fault
from tests.simulation.kafka import Fenced, Kafka, MustEnd, State
from tests.simulation.law import Violated
from tests.simulation.oracle import check
from tests.simulation.wiring import PARTITIONS, agents
from tests.simulation.worker import (
    Plant,
    Worker,
    below,
    changelog_image,
    committed_cards,
    one_of,
)
from tests.simulation.workload import Append, Opening, draw_odds, workload

WORKERS_MAX = 3
MOVEMENTS_TOLD = 100
FAULTS_WANTED = 10  # a universe with faults has about so many
DRAINED_ODDS = 0.5  # of a member being told of a rebalance in time to finish what is open
WAKE_ODDS = 0.15  # after each thing told: a frozen worker sleeps through some seven of them
REST_STEPS_MAX = 5_000  # a universe that does not come to rest within so many steps is stuck


@dataclass(slots=True)
class Tally:
    """What happened to a universe: a fault that did not bite proves nothing, and is not counted."""

    steps: int = 0
    crashes: int = 0  # of workers that had lanes and were not frozen
    freezes: int = 0
    wakes: int = 0
    joins: int = 0  # of workers beside those that were there
    leaves: int = 0
    fenced: int = 0
    unsettled: int = 0
    left_out: int = 0  # markers
    rebalances: int = 0
    lost_answers: int = 0  # Kafka has committed, and who asked never hears of it
    compactions: int = 0  # that removed something
    forgotten: int = 0  # times that the group's offsets were others afterwards
    timed_out: int = 0  # transactions that were open


class World:
    """Everything of one seed."""

    def __init__(self, seed: int, plant: Plant | None = None) -> None:
        self.tally = Tally()
        self.kafka = Kafka()
        self.random = Random(seed)  # noqa: S311 (repeatable, not secret)
        self._plant = plant or Plant()
        self.agents = agents()
        self._told = workload(self.random, MOVEMENTS_TOLD, PARTITIONS, draw_odds(self.random))
        self._told.reverse()
        self.workers: list[Worker] = []
        self._names = 0
        self._generation = 0
        self._faults = self._draw_faults()

    def run(self) -> Tally:
        """Live through both phases; raise `Violated` where an invariant does not hold."""
        self.join()
        while self._told:
            self._tell()
            for _ in range(below(self.random, 7)):
                self._step()
            self._maybe_fault()
            self._maybe_wake()
        self._heal()
        self.rest()
        check(self.kafka, PARTITIONS)
        self.check_shown()
        self.tally.left_out = self.kafka.left_out
        return self.tally

    def _draw_faults(self) -> list[tuple[Fault, float]]:
        if self.random.random() < 0.25:
            return []  # a calm universe must agree as well
        weights = [self.random.random() ** 2 for _ in FAULTS]
        per_told = FAULTS_WANTED / MOVEMENTS_TOLD / sum(weights)
        return [(kind, weight * per_told) for kind, weight in zip(FAULTS, weights, strict=True)]

    def _maybe_fault(self) -> None:
        for fault, odds in self._faults:
            if self.random.random() < odds:
                fault(self)

    def _tell(self) -> None:
        told = self._told.pop()
        appends: Sequence[Append] = told.appends if isinstance(told, Opening) else (told,)
        if isinstance(told, Opening):
            self._load(appends)
            return
        topic, partition, send = told
        self.kafka.append((topic, partition), send)

    def _load(self, appends: Sequence[Append]) -> None:
        epoch = self.kafka.start("opening")
        self.kafka.begin("opening", epoch)
        for topic, partition, send in appends:
            self.kafka.write("opening", epoch, (topic, partition), [send])
            self._step()  # workers read on while the load is open
        self.kafka.commit("opening", epoch, {})
        while self.kafka.hangs("opening"):  # whoever loads is told, and does it once more
            self.kafka.end_hanging("opening", State.COMMITTED)

    def _step(self) -> bool:
        awake = [worker for worker in self.workers if not worker.is_frozen]
        return bool(awake) and self._act(one_of(self.random, awake))

    def _act(self, worker: Worker) -> bool:
        """Have a worker do one thing; False where it has nothing to do."""
        self.tally.steps += 1
        try:
            did = worker.steps(self.random)
        except MustEnd as why:
            self.note(why)
            self.end(worker)
            return True
        self._check_reads(worker)
        return did

    def note(self, why: MustEnd) -> None:
        """Count what ended a process."""
        if isinstance(why, Fenced):
            self.tally.fenced += 1
        else:
            self.tally.unsettled += 1

    def end(self, worker: Worker) -> None:
        self.workers.remove(worker)
        self.join()

    def join(self) -> bool:
        """Have one more worker; False where there are enough."""
        if len(self.workers) >= WORKERS_MAX:
            return False
        self._names += 1
        name = f"worker-{self._names}"
        self.workers.append(Worker(name, self.kafka, self.agents, self._plant))
        self.rebalance()
        return True

    def rebalance(self) -> None:
        """Give every partition to one of the members that still answer; the frozen know nothing."""
        self._generation += 1
        members = [worker for worker in self.workers if not worker.is_frozen]
        if not members:
            return
        self.tally.rebalances += 1
        self.random.shuffle(members)
        for worker in members:
            if self.random.random() < DRAINED_ODDS:
                self.revoke(worker)
        fenced: list[Worker] = []
        for number, worker in enumerate(members):
            own = [p for p in range(PARTITIONS) if p % len(members) == number]
            former = [other for other in members[number + 1 :] if other not in fenced]
            worker.assign(self._generation, own, partial(self._go_on, former, fenced))
        for worker in fenced:
            if worker in self.workers:
                self.end(worker)

    def _go_on(self, former: Sequence[Worker], fenced: list[Worker]) -> None:
        """Let former owners that are slow to hear of the rebalance do a few more things."""
        for worker in former:
            for _ in range(self.random.randint(0, 6)):
                try:
                    worker.steps(self.random)
                except MustEnd as why:
                    self.note(why)
                    worker.drop()
                    fenced.append(worker)
                    break

    def revoke(self, worker: Worker) -> None:
        try:
            worker.drain()
        except MustEnd as why:
            self.note(why)
            worker.drop()

    def _maybe_wake(self) -> None:
        frozen = [worker for worker in self.workers if worker.is_frozen]
        if frozen and self.random.random() < WAKE_ODDS:
            self.tally.wakes += 1
            self._wake(frozen[0])

    def _wake(self, worker: Worker) -> None:
        """Go on with what it had in hand, before anybody tells it of the rebalance."""
        worker.is_frozen = False
        for _ in range(self.random.randint(1, 12)):
            try:
                worker.steps(self.random)
            except MustEnd as why:
                self.note(why)
                self.end(worker)
                return
        self.rebalance()

    def _heal(self) -> None:
        for worker in self.workers:
            worker.is_frozen = False
        self.kafka.lose_leaders((), 0)
        self.rebalance()

    def rest(self) -> None:
        """Go on until no worker has anything to do."""
        for _ in range(REST_STEPS_MAX):
            if not self._step() and not any(self._act(worker) for worker in [*self.workers]):
                return
        raise Violated("liveness: it does not come to rest")

    def _check_reads(self, worker: Worker) -> None:
        """Hold what readers see against what Kafka has committed."""
        if self.random.random() > 0.02:
            return
        shown = committed_cards(worker)
        ahead = [
            key for key, value in shown.items() if (key, value) not in self.kafka.ever_committed
        ]
        if ahead:
            raise Violated(f"committed only: a reader sees {ahead[0]!r} before Kafka has it")

    def check_shown(self) -> None:
        """Hold the live table against the changelog, byte for byte."""
        live: dict[bytes, bytes] = {}
        for worker in self.workers:
            live.update(committed_cards(worker))
        kept = {
            key: value
            for partition in range(PARTITIONS)
            for key, value in changelog_image(self.kafka, (STOCK_CHANGELOG.name, partition)).items()
            if not key.startswith(b"\x00")
        }
        if live != kept:
            raise Violated("rebuild: the live table and the changelog differ")


def run_seed(seed: int, plant: Plant | None = None) -> str | None:
    """Return what a seed violates, None where all holds.

    The text begins with the name of a law, or of what the program raises on purpose, and a colon.
    Any other exception passes through: it is a mistake of whoever planted something.
    """
    try:
        World(seed, plant).run()
    except Violated as violation:
        return str(violation)
    except (EngineError, LedgerError) as refusal:
        return f"{type(refusal).__name__}: {refusal}"
    return None
