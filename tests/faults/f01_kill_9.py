"""F1: kill -9 of a worker that holds lanes, or of the door, at a random moment under load."""

from collections import Counter

from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground

DOOR_SHARE = 0.1
MEAN_S = 0.7


async def strike(ground: Ground) -> Counter[str]:
    """Kill one; a worker is killed only while it holds partitions."""
    victim, held = await ground.some_holder()
    await ground.moment(MEAN_S)
    if ground.dice.random() < DOOR_SHARE:
        ground.crew.door.process.kill()
        return bites(doors=1)
    victim.process.kill()
    inside = await ground.open_transactions(held)
    return bites(inside_a_transaction=bool(inside))


FAULT = Fault(
    name="F1",
    title="kill -9 at random",
    proof="it held lanes, and the feed was on",
    strike=strike,
    tries=20,
    heals=False,
)
