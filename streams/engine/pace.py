"""How often a lane cuts, and how much it may hold."""

from dataclasses import dataclass

from streams.settings import EngineSettings

BACKLOG_RECORDS = 500  # a lane that has folded so many since its last cut is behind


@dataclass(frozen=True, slots=True)
class Pace:
    """See `EngineSettings` for the reasons of the defaults."""

    cut_interval_s: float
    backlog_interval_s: float  # instead, for a lane that is behind
    cut_records_max: int  # a lane with so many folded records is not fetched for until it cuts
    transaction_timeout_ms: int

    @classmethod
    def of(cls, engine: EngineSettings) -> "Pace":
        """Return the pace of the settings, in the units a lane counts in."""
        return cls(
            cut_interval_s=engine.cut_interval_ms / 1000,
            backlog_interval_s=engine.backlog_interval_ms / 1000,
            cut_records_max=engine.cut_records_max,
            transaction_timeout_ms=engine.transaction_timeout_ms,
        )

    def wait_s(self, since_cut_s: float, pending: int) -> float:
        """Return how long a lane that holds so many folded records waits before it cuts."""
        if pending >= self.cut_records_max:
            return 0.0
        behind = pending >= BACKLOG_RECORDS
        return (self.backlog_interval_s if behind else self.cut_interval_s) - since_cut_s
