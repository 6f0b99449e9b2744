"""A fault as a value: what it does once, what proves that it bit, and what it needs."""

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from tests.faults.ground import Ground

BITES = "bites"
BODIES = "bodies"  # fuzzed without a broker: no tries, and told beside them

Strike = Callable[[Ground], Awaitable[Counter[str]]]  # BITES, and whatever else is worth counting


def nothing() -> str | None:
    """Name no tool that is missing."""
    return None


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of the programme."""

    name: str
    title: str
    proof: str  # what counts as a bite
    strike: Strike
    tries: int = 3  # where nobody asks for another number
    cases: tuple[str, ...] = ()  # struck in turn, one a try
    lasts: bool = False  # struck for as long as wanted, instead of so many times
    apart: bool = False  # wants a ground of its own, for all its tries
    spoils: bool = False  # nothing can heal it: each try has a ground of its own
    calm: bool = False  # gives no process a reason to end: any end is a violation
    heals: bool = True  # wait after each try until everybody is there again
    lacks: Callable[[], str | None] = nothing  # what this machine has not, in one line
    around: Callable[[Path], AbstractContextManager[None]] = lambda _: nullcontext()


def bites(bit: int = 1, **more: int) -> Counter[str]:
    """Return whether a try bit, and what else it counted; names have _ for a space."""
    return Counter({BITES: int(bit)} | {name.replace("_", " "): n for name, n in more.items()})
