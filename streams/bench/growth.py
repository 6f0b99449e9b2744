"""Cost against size: what more SKUs cost in memory, recovery and rate; what more workers bring.

Two loads, each with cards of its own. Rate and peak: as many movements at every size, so that of
fewer SKUs each card remembers more. Recovery: a card a SKU that remembers as much at every size.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from streams.bench.figures import Figure, Run, figures_of, shown
from streams.bench.ground import Ground, ground
from streams.bench.kept import keep_stock
from streams.bench.load import CARD_MOVEMENTS
from streams.bench.machine import Cores
from streams.bench.plan import Plan
from streams.bench.plot import Panel, plot
from streams.bench.recovered import empty_worker_mib, recovery

SKUS = (1_000, 10_000, 100_000, 1_000_000)
SKUS_QUICK = (100, 1_000)
WORKERS = (1, 2, 4)
OF_SKUS, OF_WORKERS = "skus", "workers"  # before the number, as a bench is called
RATE, CORES = "movements_per_s", "cores"  # cores: of all workers together; 0: none is pinned
SHARED = "SKUs, all of the same movements"  # under a curve: whose cards it is of
ALIKE = f"SKUs, {CARD_MOVEMENTS} movements in each card"
CURVES = {
    "movements_per_s": ("movements/s, one worker", SHARED),
    "peak_memory_mib": ("peak memory at that rate, MiB", SHARED),
    "memory_mib": ("memory after recovery, MiB", ALIKE),
    "start_to_ready_s": ("start to ready, s", ALIKE),
}
SKUS_COLUMNS = {
    "movements_per_s": "movements/s",
    "peak_memory_mib": "peak MiB at that rate",
    "start_to_ready_s": f"start to ready, s, {CARD_MOVEMENTS} movements a card",
    "memory_mib": f"MiB after that, {CARD_MOVEMENTS} movements a card",
}
WORKERS_COLUMNS = {
    "movements_per_s": "movements/s",
    "cpu_s_per_million": "CPU s a million",
    "peak_memory_mib": "peak MiB, all together",
}


@dataclass(frozen=True, slots=True)
class Growth:
    """Sizes from small to large, each measured as the benchmarks of one size are."""

    plan: Plan
    sizes: tuple[int, ...]
    cores: Cores
    say: Callable[[str], None]

    @property
    def sentence(self) -> str:
        """Return what the figures are of: not of the same cards."""
        return (
            f"rate and peak are of {self.plan.movements:,} movements over all SKUs, recovery of a "
            f"card for each that remembers {CARD_MOVEMENTS}, with {self.plan.card_versions} "
            f"versions of it in the changelog; all workers have {self.plan.skus:,} SKUs together"
        )

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
                on = at.cores.among(workers)
                self.say(_placed(workers, on))
                measured = await keep_stock(at, workers) | {CORES: on}
                figures += figures_of(f"{OF_WORKERS}_{workers}", [measured])
            return figures

    async def _sized(self, at: Ground, plan: Plan, empty_mib: float) -> Run:
        self.say(f"{plan.skus:,} SKUs: {plan.movements:,} movements")
        await at.load(plan)
        kept = await keep_stock(at, 1)
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


def curves(figures: Sequence[Figure]) -> str:
    """Return the curves over SKUs, and the rate over workers, as an SVG document.

    What this system does not tell has no curve.
    """
    rows = dict(_rows(OF_SKUS, figures))
    panels = [
        Panel(title, across, [(size, values[measure]) for size, values in rows.items()])
        for measure, (title, across) in CURVES.items()
        if all(values[measure] for values in rows.values())
    ]
    return plot([*panels, _over_workers(dict(_rows(OF_WORKERS, figures)))])


def _over_workers(rows: Mapping[int, Mapping[str, float]]) -> Panel:
    had = [values[CORES] for values in rows.values()]
    title = f"movements/s{_on(*had if len(set(had)) > 1 else had[:1])}"
    return Panel(title, "workers", [(workers, values[RATE]) for workers, values in rows.items()])


def tables(figures: Sequence[Figure], about: str) -> str:
    """Return a table over SKUs and one over workers, with what they were measured on above."""
    skus = [(f"{size:,}", row) for size, row in _rows(OF_SKUS, figures)]
    workers = [(_placed(size, row[CORES]), row) for size, row in _rows(OF_WORKERS, figures)]
    of_skus = _table("SKUs", SKUS_COLUMNS, skus)
    of_workers = _table("workers", WORKERS_COLUMNS, workers)
    return "\n".join((about, "", *of_skus, "", *of_workers))


def _table(
    first: str, columns: Mapping[str, str], rows: Iterable[tuple[str, Mapping[str, float]]]
) -> Iterator[str]:
    yield _row(first, *columns.values())
    yield "|" + "--:|" * (len(columns) + 1)
    for name, values in rows:
        yield _row(name, *(_told(values[measure]) for measure in columns))


def _told(value: float) -> str:
    return shown(value) if value else "not told"  # memory and CPU, off Linux


def _placed(workers: int, cores: float) -> str:
    """Return so many workers, and how many cores they had, in words."""
    return f"{workers} worker{'s' if workers > 1 else ''}{_on(cores)}"


def _on(*cores: float) -> str:
    if not any(cores):
        return ", not pinned"
    return f" on {', '.join(f'{each:g}' for each in cores)} core{'s' if max(cores) > 1 else ''}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _rows(kind: str, figures: Sequence[Figure]) -> Iterator[tuple[int, dict[str, float]]]:
    """Yield each size and its measures, the smallest first."""
    found: dict[int, dict[str, float]] = {}
    for figure in figures:
        of, _, size = figure.bench.partition("_")
        if of == kind:
            found.setdefault(int(size), {})[figure.measure] = figure.median
    yield from sorted(found.items())
