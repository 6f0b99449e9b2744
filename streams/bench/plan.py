"""How large each benchmark is, and how often it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes; the full ones are those of the README."""

    runs: int
    movements: int
    skus: int
    naive_movements: int
    load_s: float  # of the door and of the latencies
    rate_per_s: int
    cards: int
    card_versions: int


FULL = Plan(
    runs=3,
    movements=1_000_000,
    skus=4_000,
    naive_movements=50_000,
    load_s=15.0,
    rate_per_s=200,
    cards=100_000,
    card_versions=10,
)
# Shows that every part works; its figures are of no use.
QUICK = Plan(
    runs=1,
    movements=60_000,  # more than all lanes commit at once
    skus=100,
    naive_movements=1_000,
    load_s=1.0,
    rate_per_s=50,
    cards=500,
    card_versions=2,
)
