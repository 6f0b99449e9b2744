"""How often a lane cuts, and how much it may hold."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """See `EngineSettings` for the reasons of the defaults."""

    cut_interval_s: float
    cut_records_max: int  # a lane with so many folded records is not fetched for until it cuts
    transaction_timeout_ms: int
