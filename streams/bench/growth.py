"""Cost against size: what more SKUs cost in memory, recovery and rate; what more workers bring."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from streams.bench.figures import Figure, Run, figures_of
from streams.bench.ground import Ground, ground
from streams.bench.kept import keep_stock
from streams.bench.machine import Cores
from streams.bench.plan import Plan
from streams.bench.plot import Panel, plot
from streams.bench.recovered import empty_worker_mib, recovery

SKUS = (1_000, 10_000, 100_000, 1_000_000)
SKUS_QUICK = (100, 1_000)
WORKERS = (1, 2, 4)
OF_SKUS, OF_WORKERS = "skus", "workers"  # before the number, as a bench is called


@dataclass(frozen=True, slots=True)
class Growth:
    """Sizes from small to large, each measured as the benchmarks of one size are."""

    plan: Plan
    sizes: tuple[int, ...]
    cores: Cores
    say: Callable[[str], None]

    async def run(self, folder: Path, cache: Path) -> list[Figure]:
        """Return the figures of every size, then those of so many workers."""
        async with ground(folder, cache, self.cores) as at:
            await at.load(replace(self.plan, movements=0))
            empty_mib = await empty_worker_mib(at)
            figures: list[Figure] = []
            for size in self.sizes:
                plan = replace(self.plan, skus=size, cards=size)
                figures += figures_of(f"{OF_SKUS}_{size}", [await self._sized(at, plan, empty_mib)])
            await at.load(self.plan)
            for workers in WORKERS:
                self.say(f"{workers} workers")
                measured = [await keep_stock(at, self.plan, workers)]
                figures += figures_of(f"{OF_WORKERS}_{workers}", measured)
            return figures

    async def _sized(self, at: Ground, plan: Plan, empty_mib: float) -> Run:
        self.say(f"{plan.skus:,} SKUs: {plan.movements:,} movements")
        await at.load(plan)
        kept = await keep_stock(at, plan, 1)
        self.say(f"{plan.skus:,} SKUs: reading them back")
        await at.load(replace(plan, movements=0))
        await at.load_cards(plan)
        back = await recovery(at, plan, empty_mib)
        return {
            "movements_per_s": kept["movements_per_s"],
            "peak_memory_mib": kept["peak_memory_mib"],
            "start_to_ready_s": back["start_to_ready_s"],
            "memory_mib": empty_mib + back["memory_a_card_bytes"] * plan.cards / 2**20,
        }


def curves(figures: list[Figure]) -> str:
    """Return the curves over SKUs as an SVG document."""
    titles = {
        "movements_per_s": "movements/s, one worker",
        "memory_mib": "memory after recovery, MiB",
        "start_to_ready_s": "start to ready, s",
    }
    panels = [Panel(title, list(sized(figures, measure))) for measure, title in titles.items()]
    return plot(panels, "SKUs")


def sized(figures: list[Figure], measure: str) -> Iterator[tuple[int, float]]:
    """Yield SKUs and one measure of each size."""
    for figure in figures:
        of, _, size = figure.bench.partition("_")
        if of == OF_SKUS and figure.measure == measure:
            yield int(size), figure.median
