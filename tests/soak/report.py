"""What a soak found, as Markdown, and what of it is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.bench.machine import described
from tests.soak.samples import BYTES_PER_MIB, Growth

# What the worker keeps of each movement for 14 days: 8 bytes of its id's hash and 4 of its
# content's, packed in the decoded card and as base64 in the committed one.
REMEMBERED_BYTES = 12 + 16
SLOPE_MAX_MIB_PER_H = 2.0
FILES_MORE_MAX = 8  # at the quietest; what leaks opens more in two hours
REMEMBERS = "worker"
OURS = ("door", REMEMBERS)


@dataclass(frozen=True, slots=True)
class Soaked:
    """What was seen after the warm-up."""

    rate: float  # deliveries a second
    minutes: float
    warm_up: float
    sent_per_s: float
    applied_per_h: float
    growths: Sequence[Growth]
    drained_s: float
    found: Sequence[str]  # by the history and `stock verify`

    @property
    def remembered_mib_per_h(self) -> float:
        """Return what must be remembered of the movements of an hour."""
        return self.applied_per_h * REMEMBERED_BYTES / BYTES_PER_MIB

    def wrong(self) -> list[str]:
        """Return whatever is not as it must be."""
        ours = [growth for growth in self.growths if growth.kind in OURS]
        wrong = [f"{each.name} opened files on and on" for each in ours if self._opens(each)]
        wrong += [f"{each.name} grew" for each in ours if self._beyond(each) > SLOPE_MAX_MIB_PER_H]
        return [*self.found, *wrong]

    def _beyond(self, growth: Growth) -> float:
        """Return what a process grew by in an hour besides what it must remember."""
        must = self.remembered_mib_per_h if growth.kind == REMEMBERS else 0.0
        return growth.slope_mib_per_h - must

    def row(self, growth: Growth) -> str:
        """Return one process as a row of the table."""
        first, last = growth.rss_mib
        early, late = growth.files
        return (
            f"| {growth.kind} | {first:.1f} to {last:.1f} | {growth.slope_mib_per_h:+.2f} "
            f"| {self._beyond(growth):+.2f} | {early} to {late}, most {growth.files_most} |"
        )

    @staticmethod
    def _opens(growth: Growth) -> bool:
        early, late = growth.files
        return late - early > FILES_MORE_MAX


def told(soaked: Soaked) -> str:
    """Return the Markdown table, with what it was measured on above it, and what is wrong below."""
    about = (
        f"{described()}; {soaked.minutes:g} min at {soaked.rate:g} deliveries/s, then drained in "
        f"{soaked.drained_s:.1f} s. The figures are of the time after {soaked.warm_up:g} min: "
        f"{soaked.sent_per_s:.1f} deliveries/s answered, {soaked.applied_per_h:,.0f} movements "
        f"applied an hour; at {REMEMBERED_BYTES} bytes each {soaked.remembered_mib_per_h:.1f} "
        "MiB/h must be remembered of them."
    )
    rows = [
        about,
        "",
        "| process | MiB, first to last | MiB/h | besides what is remembered | files, quiet |",
        "|---|--:|--:|--:|--:|",
        *map(soaked.row, soaked.growths),
        *(f"\nWRONG: {line}" for line in soaked.wrong()),
    ]
    return "\n".join(rows) + "\n"
