"""Where a playing stands, for whoever watches it."""

from dataclasses import dataclass
from datetime import datetime

from streams.demo.figures import Figures
from streams.sandbox import Progress
from streams.topics import AVAILABILITY, DELIVERIES, JOURNAL, QUARANTINE


@dataclass(frozen=True, slots=True)
class Standing:
    """The live figures of one moment."""

    seconds: float
    sent: int
    planned: int | None
    clock: datetime | None  # the retailer's own
    deliveries: int
    movements: int
    entries: int
    updates: int
    quarantined: int
    lag: int
    killed: int

    @property
    def deliveries_per_s(self) -> float:
        """Return the rate so far."""
        return self.sent / self.seconds if self.seconds else 0.0


def standing_of(
    figures: Figures, progress: Progress | None, *, seconds: float, killed: int
) -> Standing:
    """Return the figures of now."""
    return Standing(
        seconds=seconds,
        sent=progress.sent if progress else 0,
        planned=progress.planned if progress else None,
        clock=progress.at if progress else None,
        deliveries=figures.records[DELIVERIES.name],
        movements=figures.movements.total() - figures.opening_rows,
        entries=figures.records[JOURNAL.name] - figures.before[JOURNAL.name],
        updates=figures.records[AVAILABILITY.name] - figures.before[AVAILABILITY.name],
        quarantined=figures.records[QUARANTINE.name],
        lag=sum(figures.lag().values()),
        killed=killed,
    )
