"""F1: kill -9 of a worker that holds lanes, or of the door, at a random moment under load."""

import asyncio
import signal
from collections import Counter

from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground
from tests.support.system import Role

DOOR_SHARE = 0.1
MEAN_S = 0.7


async def strike(ground: Ground) -> Counter[str]:
    """Kill one; of a worker it is a bite only if it held partitions to the last."""
    victim, _ = await ground.some_holder()
    await ground.moment(MEAN_S)
    if ground.dice.random() < DOOR_SHARE:
        killed = await _killed(ground.crew.door)
        return bites(killed, doors=killed)
    held = await ground.crew.holding(victim) or []  # in a moment they may have gone to others
    killed = await _killed(victim)
    inside = await ground.open_transactions(held)
    return bites(killed and bool(held), inside_a_transaction=bool(inside), held_none=not held)


async def _killed(role: Role) -> bool:
    """Kill a process; say whether it was this that ended it."""
    role.process.kill()
    return await asyncio.to_thread(role.process.wait) == -signal.SIGKILL


FAULT = Fault(
    name="F1",
    title="kill -9 at random",
    proof="it ended of this signal; it held lanes, or was the door, and the feed was on",
    strike=strike,
    tries=20,
    heals=False,
)
