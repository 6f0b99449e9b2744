"""A figure: what was measured in several runs, its median and its spread."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import Any

Run = dict[str, float]  # one run's measures by name, units last: `movements_per_s`


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of one benchmark."""

    bench: str
    measure: str
    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the middle run."""
        return median(self.runs)

    @property
    def spread(self) -> tuple[float, float]:
        """Return the least and the largest run."""
        return min(self.runs), max(self.runs)

    def facts(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        least, largest = self.spread
        return {
            "bench": self.bench,
            "measure": self.measure,
            "median": self.median,
            "least": least,
            "largest": largest,
            "runs": list(self.runs),
        }


def figures_of(bench: str, runs: Sequence[Run]) -> list[Figure]:
    """Return a figure for each measure that every run has."""
    everywhere = [measure for measure in runs[0] if all(measure in run for run in runs)]
    return [Figure(bench, measure, tuple(run[measure] for run in runs)) for measure in everywhere]


def ratio(bench: str, measure: str, one: Figure, other: Figure) -> Figure:
    """Return how many times the second median the first is."""
    return Figure(bench, measure, (one.median / other.median,))


def shown(number: float) -> str:
    """Return a number with as many digits as it is worth."""
    if number >= 1_000:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def markdown(figures: Sequence[Figure], about: str) -> str:
    """Return the figures as a table for a README, with what they were measured on above it."""
    rows = ["| bench | median (least - largest) | command |", "|---|---|---|"]
    for bench, own in groupby(figures, key=lambda figure: figure.bench):
        told = "; ".join(map(_told, own))
        rows.append(f"| {bench.replace('_', ' ')} | {told} | `stock bench --only {bench}` |")
    return "\n".join((about, "", *rows))


def _told(figure: Figure) -> str:
    least, largest = figure.spread
    spread = f" ({shown(least)} - {shown(largest)})" if len(figure.runs) > 1 else ""
    return f"{figure.measure.replace('_', ' ')} **{shown(figure.median)}**{spread}"
