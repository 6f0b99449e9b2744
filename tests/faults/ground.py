"""The ground of the faults: one Kafka, one crew of door and workers, and a feed that goes on.

Faults do their worst to it while the feed tells; then it heals, drains, and its history is held
against the invariants, and against `stock verify`.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Self

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from ledger.valuation import Product
from streams.broker import Jvm, LocalKafka
from streams.demo.alongside import alongside
from streams.reading import consumer_of, ends_written, read_marks
from streams.sandbox import send_products
from streams.settings import Settings
from streams.topic_admin import all_partitions
from streams.topics import (
    DELIVERIES,
    MOVEMENTS,
    PRODUCTS,
    STOCK_CHANGELOG,
    TRANSLATE_CHANGELOG,
)
from tests.faults.crew import Crew
from tests.faults.feed import Feed, write_days
from tests.support.history import Violation, check, read_log
from tests.support.history_evidence import CHANGELOGS, SOURCES
from tests.support.kafka import SOON_AGAIN, eventually
from tests.support.system import SECRET, Role, System

PARTITIONS = 4
SESSION_MS = 3_000  # short, so that a dead member's partitions move soon
KAFKA_FOLDER = "disk"  # of the ground's folder: the broker's own
DAYS = 150  # of lines: more than any run of faults tells
COST_EVERY_S = 2.0  # Khaos tells a new cost of some SKU
PILE = 20  # deliveries, half a second's worth: in peace a few are on their way
HEALED_WITHIN_S = 120.0
DRAINED_WITHIN_S = 240.0
VERIFY_WITHIN_S = 600.0


class Ground:
    """Leaves no process behind."""

    crew: Crew

    def __init__(
        self,
        folder: Path,
        *,
        seed: int = 1,
        a_second: float = 40.0,
        days: int = DAYS,
        workers: int = 2,
        session_ms: int = SESSION_MS,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.seed = seed
        self.dice = random.Random(seed)  # noqa: S311 (a run that can be repeated)
        jvm = Jvm(heap_max="384m")
        self.kafka = LocalKafka(folder / KAFKA_FOLDER, port=0, jvm=jvm, properties=SOON_AGAIN)
        self.feed = Feed(write_days(folder / "lines.csv.gz", days), seed=seed, a_second=a_second)
        toml = f"{self.feed.stock_toml()}[engine]\nsession_timeout_ms = {session_ms}\n"
        self.system = System(self.kafka.bootstrap, folder / "system", toml, PARTITIONS)
        self.turns: Counter[tuple[str, ...]] = Counter()  # taken, of cases struck in turn
        self.recoveries_s: list[float] = []  # cleared by who takes them
        self._costs = [product for product in self.feed.products() if product.unit_cost_e4]
        self._cost_version = 1
        self._workers = workers
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await asyncio.to_thread(self.kafka.start)
            stack.push_async_callback(asyncio.to_thread, self.kafka.stop)
            await stack.enter_async_context(self.system)
            self.crew = Crew(self.system, self._workers)
            await stack.enter_async_context(alongside(self.crew.keep()))
            await self._open()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, failure: type[BaseException] | None, *_: object) -> None:
        await self._stack.aclose()

    @asynccontextmanager
    async def feeding(self) -> AsyncIterator[None]:
        """Tell on and on while the block runs; at its end all that was told is answered."""
        telling = asyncio.create_task(self.feed.tell(self.crew.door.url, SECRET))
        try:
            async with alongside(self._khaos(done := asyncio.Event()), done.set):
                yield
            self.feed.stopped = True
            await telling
        finally:
            telling.cancel()

    async def flows(self, deliveries: int = 5) -> None:
        """Wait until so many more deliveries are answered: there is load."""
        until = self.feed.sent + deliveries
        await eventually(lambda: self.feed.sent >= until, HEALED_WITHIN_S)

    async def piles_up(self) -> None:
        """Wait until deliveries pile up before the door: nobody takes them in."""
        await eventually(lambda: self.feed.waiting >= PILE, HEALED_WITHIN_S)

    def in_turn(self, cases: tuple[str, ...]) -> str:
        """Return the next of a fault's cases: each once before any comes again."""
        self.turns[cases] += 1
        return cases[(self.turns[cases] - 1) % len(cases)]

    async def moment(self, mean_s: float) -> None:
        """Let a random time pass."""
        await asyncio.sleep(min(4 * mean_s, self.dice.expovariate(1 / mean_s)))

    async def healed(self) -> None:
        """Wait until everybody is there and all partitions are held; note how long it took."""
        started = asyncio.get_running_loop().time()
        await eventually(self.crew.is_whole, HEALED_WITHIN_S)
        await self.flows()
        self.recoveries_s.append(asyncio.get_running_loop().time() - started)

    async def some_holder(self) -> tuple[Role, list[int]]:
        """Wait for a worker that holds partitions while the feed goes on; return it, and them."""

        async def holder() -> tuple[Role, list[int]] | None:
            workers = self.crew.workers
            for worker in self.dice.sample(workers, len(workers)):
                if held := await self.crew.holding(worker):
                    return worker, held
            return None

        found: tuple[Role, list[int]] | None = await eventually(holder, HEALED_WITHIN_S)
        assert found is not None
        await self.flows(1)
        return found

    async def open_transactions(self, partitions: list[int]) -> int:
        """Return how many lanes of these partitions have written and not committed."""
        asked = [TopicPartition(topic, number) for topic in CHANGELOGS for number in partitions]
        if not asked:
            return 0
        async with consumer_of(self.system.settings, asked) as consumer:
            stable = await consumer.end_offsets(asked)
        written = await ends_written(self.system.settings, asked)
        return sum(written[tp] > stable[tp] for tp in asked)

    async def drained(self) -> float:
        """Wait until every lane has taken everything; return how long it took."""
        started = asyncio.get_running_loop().time()
        await eventually(lambda: has_drained(self.system.settings), DRAINED_WITHIN_S)
        return asyncio.get_running_loop().time() - started

    async def violations(self) -> list[Violation]:
        """Return whatever is not as it must be, of a ground that is healed and drained."""
        secrets = (SECRET.encode(),)
        found = check(await read_log(self.system.settings), self.feed.told(*secrets))
        found += self.crew.failures()
        code, said, complained = await self.system.run("verify", within_s=VERIFY_WITHIN_S)
        if code:
            found.append(Violation("verify", "stock verify", "", f"{said} {complained}"[-500:]))
        return found

    async def _open(self) -> None:
        """Say costs, tell the first of the day, and load the opening among it."""
        await send_products(self.system.settings, self.feed.products())
        await eventually(self.crew.is_whole, HEALED_WITHIN_S)
        await self.feed.play(self.crew.door.url, SECRET, until=self.feed.loads_at)
        position = self.folder / "opening.csv"
        self.feed.write_opening(position)
        at = self.feed.opens_at.isoformat()
        await self.system.command("opening", "load", str(position), "--at", at)

    async def _khaos(self, done: asyncio.Event) -> None:
        """Tell another cost of some SKU now and then, whoever may hear it."""
        while not done.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(COST_EVERY_S):
                    await done.wait()
            version = self._cost_version = self._cost_version + 1
            some = self.dice.choice(self._costs)
            cost = self.dice.randrange(1, 2 * (some.unit_cost_e4 or 1) + 1)
            product = Product(some.sku, version, cost, saleable=version % 5 > 0)
            with suppress(KafkaError, OSError):
                await send_products(self.system.settings, [product])


async def has_drained(settings: Settings) -> bool:
    """Say whether every lane has taken all there is.

    The marks first: what translate has written by its mark is in the ends that are read after.
    """
    try:
        marks = {
            (topic, number): mark
            for topic in (TRANSLATE_CHANGELOG.name, STOCK_CHANGELOG.name)
            for number, mark in (await read_marks(settings, topic)).items()
        }
        ends = await ends_written(settings, all_partitions(settings))
    except (KafkaError, OSError):
        return False
    reached = {
        TopicPartition(topic, number): mark.next_offset.get(topic, 0)
        for (changelog, number), mark in marks.items()
        for topic in SOURCES[CHANGELOGS[changelog]]
    }
    sources = [tp for tp in ends if tp.topic in (DELIVERIES.name, MOVEMENTS.name, PRODUCTS.name)]
    return all(reached.get(tp, 0) == ends[tp] for tp in sources)
