"""All benchmarks in order: those that read the loaded topic, the door's, recovery."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from streams.bench.bare import TRANSACTIONS_VARIABLE
from streams.bench.calls import door, through
from streams.bench.child import child
from streams.bench.figures import Figure, Run, figures_of, ratio
from streams.bench.ground import Ground, ground
from streams.bench.kept import keep_stock
from streams.bench.machine import Cores
from streams.bench.plan import Plan
from streams.bench.recovered import empty_worker_mib, recovery

Say = Callable[[str], None]
Measure = Callable[[Ground, Plan, int], Awaitable[Run]]

KEEP_STOCK, TWO_WORKERS, NAIVE = "keep_stock", "two_workers", "naive_agent"
BARE, BARE_PLAIN = "bare_loop", "bare_loop_without_transactions"
DOOR, THROUGH, RECOVERY = "door", "latency", "recovery"
RATE = "movements_per_s"


async def _one_worker(at: Ground, _: Plan, _run: int) -> Run:
    return await keep_stock(at, 1)


async def _two_workers(at: Ground, _: Plan, _run: int) -> Run:
    return await keep_stock(at, 2)


async def _bare(at: Ground, _: Plan, run: int) -> Run:
    await at.sweep()
    async with child(at, f"{BARE}-{run}", "streams.bench.bare") as running:
        return await running.result()


async def _bare_plain(at: Ground, _: Plan, run: int) -> Run:
    await at.sweep()
    without = {TRANSACTIONS_VARIABLE: "0"}
    async with child(at, f"{BARE_PLAIN}-{run}", "streams.bench.bare", **without) as running:
        return await running.result()


async def _naive(at: Ground, plan: Plan, run: int) -> Run:
    arguments = ("streams.bench.naive", f"bench-naive-{run}", str(plan.naive_movements))
    async with child(at, f"{NAIVE}-{run}", *arguments) as running:
        return await running.result()


async def _door(at: Ground, plan: Plan, _: int) -> Run:
    return await door(at, plan)


async def _through(at: Ground, plan: Plan, _: int) -> Run:
    return await through(at, plan)


LOADED: dict[str, Measure] = {
    KEEP_STOCK: _one_worker,
    TWO_WORKERS: _two_workers,
    BARE: _bare,
    BARE_PLAIN: _bare_plain,
    NAIVE: _naive,
    DOOR: _door,
}
NAMES = (*LOADED, THROUGH, RECOVERY)


@dataclass(frozen=True, slots=True)
class Bench:
    """What is to be measured, where, and who hears of progress."""

    plan: Plan
    names: Sequence[str]
    cores: Cores
    say: Say

    async def run(self, folder: Path, cache: Path) -> list[Figure]:
        """Return every figure; needs no Kafka but its own."""
        async with ground(folder, cache, self.cores) as at:
            figures = await self._of_loaded(at)
            if THROUGH in self.names:
                figures += await self._measured(at, THROUGH, _through)
            if RECOVERY in self.names:
                figures += await self._of_recovery(at)
        return sorted([*figures, *ratios(figures)], key=lambda figure: NAMES.index(figure.bench))

    async def _of_loaded(self, at: Ground) -> list[Figure]:
        names = [name for name in self.names if name in LOADED]
        if not names:
            return []
        self.say(f"loading {self.plan.movements:,} movements of {self.plan.skus:,} SKUs")
        await at.load(self.plan)
        return [f for name in names for f in await self._measured(at, name, LOADED[name])]

    async def _of_recovery(self, at: Ground) -> list[Figure]:
        await at.load(replace(self.plan, movements=0))
        empty_mib = await empty_worker_mib(at)
        self.say(f"loading {self.plan.cards:,} cards, {self.plan.card_versions} versions each")
        await at.load_cards(self.plan)

        async def measure(where: Ground, plan: Plan, _: int) -> Run:
            return await recovery(where, plan, empty_mib)

        return await self._measured(at, RECOVERY, measure)

    async def _measured(self, at: Ground, name: str, measure: Measure) -> list[Figure]:
        runs: list[Run] = []
        for number in range(1, self.plan.runs + 1):
            self.say(f"{name}: run {number} of {self.plan.runs}")
            runs.append(await measure(at, self.plan, number))
        return figures_of(name, runs)


def ratios(figures: Sequence[Figure]) -> list[Figure]:
    """Return how the worker compares, where both sides were measured."""
    rates = {figure.bench: figure for figure in figures if figure.measure == RATE}
    compared = (("times_the_naive_agent", NAIVE), ("share_of_the_bare_loop", BARE))
    return [
        ratio(KEEP_STOCK, measure, rates[KEEP_STOCK], rates[other])
        for measure, other in compared
        if KEEP_STOCK in rates and other in rates
    ]
