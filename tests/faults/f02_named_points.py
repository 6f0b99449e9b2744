"""F2: kill -9 exactly between two steps of a transaction, of a fencing, of a recovery."""

from collections import Counter

from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground
from tests.faults.pointed import HIT, OF_A_TRANSACTION, POINTS
from tests.support.kafka import eventually

PASSES_MAX = 12  # the point is passed so often at the most before it kills
WITHIN_S = 120.0


async def strike(ground: Ground) -> Counter[str]:
    """Have a worker leave, and the next one die at the point whose turn it is."""
    return await die_at(ground.in_turn(POINTS), ground)


async def die_at(point: str, ground: Ground) -> Counter[str]:
    """Have a worker leave, and the next one die where it is told to."""
    often = point.rpartition(".")[2] in OF_A_TRANSACTION
    passes = ground.dice.randint(1, PASSES_MAX) if often else 1
    await ground.healed()  # in the swarm, the next one started may be for another's sake
    leaver, _ = await ground.some_holder()
    before = len(ground.system.roles)
    ground.crew.programs.append(("-m", "tests.faults.pointed", point, str(passes)))
    await ground.crew.leave(leaver)
    armed, *_ = await eventually(lambda: ground.crew.workers_after(before), WITHIN_S)
    await eventually(lambda: not armed.runs, WITHIN_S)

    assert f"{HIT} {point}" in armed.log, f"{point} was not passed: {armed.log[-500:]}"
    return bites(**{point: 1})


FAULT = Fault(
    name="F2",
    title="kill -9 at named points",
    proof="the process said the point's name and died there",
    strike=strike,
    tries=len(POINTS),
    cases=POINTS,
)
