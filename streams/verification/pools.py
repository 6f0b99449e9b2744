"""The posted pool of a SKU: units and pence, walked entry by entry."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from streams.verification.costs import Said
from streams.verification.entries import Step
from streams.verification.numbers import worth

Say = Callable[[Step | None, str], None]  # the entry it is about, if one is to blame, and what


@dataclass(slots=True)
class Pool:
    """Invariant: no units are worth nothing."""

    units: int = 0  # thousandths
    pence: int = 0


def walk(steps: list[Step], versions: list[Said], say: Say) -> Pool:
    """Return the pool that entries make, having said what in them does not follow.

    Within a version entries stand in the order their movements were applied in; a version's
    change of cost comes before them, because it is written when the version is read.
    """
    pool = Pool()
    by_version = {version: list(own) for version, own in groupby(steps, lambda s: s.version)}
    position = -1
    for said in versions:
        version = said.cost.version
        own = by_version.pop(version, [])
        _revalue(pool, said, own, say)
        for step in (step for step in own if step.is_movement):
            if step.position < position:
                say(step, f"it is at cost version {version}, a later movement is at an earlier one")
            position = max(position, step.position)
            _enter(pool, step, say)
    for strayed in by_version.values():
        say(strayed[0], f"cost version {strayed[0].version} never counted")
    return pool


def _revalue(pool: Pool, said: Said, own: list[Step], say: Say) -> None:
    """Hold a version's change of cost against the units in the pool when it came."""
    unit_e4 = said.cost.unit_e4
    change = worth(pool.units, unit_e4) - pool.pence if unit_e4 else 0
    step = next((step for step in own if not step.is_movement), None)
    if step is None and change:
        say(None, f"version {said.cost.version} changes the value by {change} pence, no entry does")
    if step is not None and step.value != change:
        say(step, f"the change of cost is {change} pence, {step.value} are posted")
    pool.pence += step.value if step else 0


def _enter(pool: Pool, step: Step, say: Say) -> None:
    """Add an entry; the last unit takes what is left to rounding, and nothing else does."""
    pool.units += step.effect
    left = pool.pence + step.base
    expected = step.base if pool.units else step.base - left
    if step.value != expected:
        say(step, f"{expected} pence follow from the pool, {step.value} are posted")
    pool.pence += step.value
