"""How large the comparison is, and which peers are shaken."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes; a rate has its own for slow peers, a kill the same for all: so has a recovery."""

    runs: int
    fast_movements: int
    slow_movements: int
    shaken_movements: int
    skus: int
    late_movements: int  # what is left for a restarted peer to do
    shakes_all: bool  # False: ours alone, a dead peer's session takes up to a minute to end

    @property
    def sentence(self) -> str:
        """Return what is done, in words."""
        shaken = "everybody" if self.shakes_all else "ours alone"
        return (
            f"{self.fast_movements:,} movements of {self.skus:,} SKUs, one in 100 told twice, "
            f"{self.slow_movements:,} for Quix Streams and Faust, median of {self.runs} run(s); as "
            f"often kill -9 at a third of {self.shaken_movements:,}, for {shaken}: the most wrong"
        )


FULL = Sizes(
    runs=3,
    fast_movements=500_000,
    slow_movements=50_000,
    shaken_movements=50_000,
    skus=4_000,
    late_movements=100,
    shakes_all=True,
)
# Shows that every peer works; its figures are of no use.
QUICK = Sizes(
    runs=1,
    fast_movements=20_000,
    slow_movements=5_000,
    shaken_movements=40_000,
    skus=100,
    late_movements=100,
    shakes_all=False,
)


def sizes(*, quick: bool, runs: int | None) -> Sizes:
    """Return the sizes asked for."""
    wanted = QUICK if quick else FULL
    return wanted if runs is None else replace(wanted, runs=runs)
