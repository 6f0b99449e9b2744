"""Exceptions of the business: what a person must look at, raised once and cleared once."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal


class ExceptionClass(Enum):
    """The classes this program raises; their numbers are those its people talk in."""

    UNMAPPED_REASON = "E02"  # a reason code nobody mapped: no entry until somebody does
    NO_COST = "E03"  # Khaos has told no cost: no entry until it does
    CONFLICT = "E04"  # an id said twice with different content: the first stands
    TOO_OLD = "E05"  # older than what is remembered: cannot be told from a repeat
    BELOW_ZERO = "E07"  # a stock level below zero: usually a goods-in is missing
    HELD_UNCLEAR = "E11"  # goods left without naming a stock record while some are on hold

    @property
    def owner(self) -> str:
        """Return who acts."""
        return _OWNERS[self]


_OWNERS = {
    ExceptionClass.UNMAPPED_REASON: "finance systems",
    ExceptionClass.NO_COST: "finance",
    ExceptionClass.CONFLICT: "integration",
    ExceptionClass.TOO_OLD: "finance",
    ExceptionClass.BELOW_ZERO: "warehouse",
    ExceptionClass.HELD_UNCLEAR: "warehouse",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One telling of an exception; a later one of the same id replaces it."""

    of: ExceptionClass
    exception_id: str
    state: Literal["raised", "cleared"]
    sku: str
    movement_id: str | None  # none: about a SKU, whichever movements are behind it
    why: str  # one sentence for its owner
    at: datetime  # UTC, Kafka's clock
    raised_at: datetime | None  # none: cleared, and nobody remembers when it was raised
    source: str  # topic/partition/offset of the record that raised or cleared it


def exception_id(of: ExceptionClass, about: str) -> str:
    """Return the key of an exception: its class, and what makes it one exception."""
    return f"{of.value}:{about}"
