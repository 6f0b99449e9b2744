"""F9: duplicates, reorder, lateness, and the same id with other content: the feed always does."""

from collections import Counter

from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground

DELIVERIES = 400


async def strike(ground: Ground) -> Counter[str]:
    """Let the feed tell on; count what the lanes recognised meanwhile."""
    before = await ground.system.counts()
    await ground.flows(DELIVERIES)
    after = await ground.system.counts()
    repeated = after["repeated"] - before["repeated"]
    conflicts = after["conflict"] - before["conflict"]
    return bites(repeated + conflicts > 0, repeated=repeated, conflicts=conflicts)


FAULT = Fault(
    name="F9",
    title="duplicates, reorder, conflicts",
    proof="the lanes counted repeats or conflicts",
    strike=strike,
    calm=True,
)
