"""F3: a worker frozen beyond its session, which wakes when others hold its partitions."""

import signal
from collections import Counter

from tests.faults.fault import Fault, bites
from tests.faults.ground import HEALED_WITHIN_S, Ground
from tests.support.kafka import eventually
from tests.support.system import Role

MEAN_S = 0.5


async def strike(ground: Ground) -> Counter[str]:
    """Freeze one that holds lanes, wait until it is taken over, wake it under load."""
    sleeper, held = await ground.some_holder()
    await ground.moment(MEAN_S)
    sleeper.process.send_signal(signal.SIGSTOP)
    try:
        inside = await ground.open_transactions(held)
        await eventually(lambda: _is_taken_over(ground, sleeper), HEALED_WITHIN_S)
        await ground.flows()
    finally:
        sleeper.process.send_signal(signal.SIGCONT)
    return bites(inside_a_transaction=bool(inside))


async def _is_taken_over(ground: Ground, sleeper: Role) -> bool:
    held: set[int] = set()
    for worker in ground.crew.workers:
        if worker is not sleeper:
            held |= set(await ground.crew.holding(worker) or ())
    return held == set(range(ground.system.partitions))


FAULT = Fault(
    name="F3",
    title="freeze past the session, then wake",
    proof="others held its partitions before it woke",
    strike=strike,
)
