"""What is true in the warehouse, what was told of it, and what must become of the telling."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class StockPlace(NamedTuple):
    """One SKU of one account at one site (the site's name in our words)."""

    account: str
    site: str
    sku: str


@dataclass(frozen=True, slots=True)
class Level:
    """Thousandths of a stock unit."""

    on_hand_milli: int = 0
    held_milli: int = 0


@dataclass(frozen=True, slots=True)
class Truth:
    """The end of a playing. Levels are of this company's accounts; nought everywhere is left out.

    The fates are those of what the door took in. They are exact unless `sent["unsure"]` says that
    an answer was lost by accident (not by a switch): each of those may count once more, as
    `deliveries`, and as a repeat or what it was.
    """

    levels: Mapping[StockPlace, Level]  # what stands in the warehouse
    told: Mapping[StockPlace, Level]  # the same less what was never told; equal if nothing was lost
    # deliveries, arrays, duplicates, reordered, delayed, late, dropped, answers_lost, lost,
    # conflicts, poison, refused (by the door, for good), retries, unsure
    sent: Mapping[str, int]
    events: Mapping[str, int]  # `resource.event` -> told for the first time, poison left out
    # Of translate: deliveries, items, movement, without_effect, foreign, held, quarantined,
    # and movements.
    fates: Mapping[str, int]
    # Of keep_stock: applied, repeated, conflict, before_opening; standing: parked. The rows of the
    # opening are in `applied`, those of SKUs without a cost in `parked` too.
    outcomes: Mapping[str, int]
    opening_rows: int
    # What the lines were (lines, charges, sales, returns, adjustments, adjustments_typed,
    # reversals) and what was done about them (orders, short, goods_in, goods_in_late and more).
    retail: Mapping[str, int]
    lost: tuple[str, ...]  # `resource.event:id` of what was never told
    conflicting: tuple[str, ...]  # the same of what was told again with other content
    poison: Mapping[str, str]  # kind -> what became of it: `refused <status>` or `taken in`
