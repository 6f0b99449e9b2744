"""What is to be played: which lines, which switches, which seed."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Faults:
    """The switches. A share is of deliveries, between 0 and 1; a count is of one day.

    None of them changes what is true in the warehouse, only how it is told. A switch that would
    make the truth unknowable (a hold told again after its release) leaves that delivery alone.
    """

    duplicates_share: float = 0.0  # told twice, the second time some deliveries later
    reordered_share: float = 0.0  # changes places with a later delivery of the same SKU
    delayed_share: float = 0.0  # told many deliveries later
    dropped_share: float = 0.0  # the connection breaks before the door has it; told again
    answers_lost_share: float = 0.0  # the door has it, the answer is lost; told again
    lost_share: float = 0.0  # never told: the truth lists them
    conflicts: int = 0  # the same id told again with another quantity
    poison: int = 0  # malformed bodies, taken in turn from the kinds of `poison.py`
    numbers_as_text_share: float = 0.0  # "6.0" where Clarus would send 6.0; ids too
    enveloped_share: float = 0.0  # the body under `data`, or under `data.attributes`
    flat_share: float = 0.0  # `product_code` instead of `product.code`
    arrays_share: float = 0.0  # told in one call with the one before of the same event, as an array
    negative_sign: bool = False  # negative events carry negative quantities

    @classmethod
    def of_the_demo(cls) -> Self:
        """Return what `stock demo` plays: a bad day, but an ordinary one."""
        return cls(
            duplicates_share=0.02,
            reordered_share=0.02,
            delayed_share=0.002,
            dropped_share=0.002,
            answers_lost_share=0.002,
            conflicts=6,
            poison=12,
            numbers_as_text_share=0.05,
            enveloped_share=0.05,
            flat_share=0.05,
        )


@dataclass(frozen=True, slots=True)
class Scenario:
    """One playing; the same scenario gives the same bytes in the same order."""

    days: tuple[date, ...] | None = None  # None: every day of the input
    input: Path | None = None  # a file of the whole year; None: what ships with the package
    days_max: int | None = None  # of the input: no more than so many days, from the first on
    seed: int = 1
    faults: Faults = field(default_factory=Faults)
    orders_max: int | None = None  # of one day, for small plays; its adjustments stay
    cases: bool = True  # the labelled cases of our own beside the retailer's lines

    @classmethod
    def of_day(cls, day: date, *, seed: int = 1, faults: Faults | None = None) -> Self:
        """Return the playing of one shipped day."""
        return cls(days=(day,), seed=seed, faults=faults or Faults())
