"""F5: from two workers to three, to two, to one, and back: partitions go to and fro under load."""

from collections import Counter

from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground


async def strike(ground: Ground) -> Counter[str]:
    """Have workers join and leave; count each time a partition changes hands."""
    crew, moved = ground.crew, 0
    await ground.healed()
    for wanted in (3, 2, 1, 2):
        before = await crew.owners()
        if wanted < crew.wanted:
            crew.wanted = wanted
            await crew.leave(ground.dice.choice(crew.workers))
        crew.wanted = wanted
        await ground.healed()
        moved += await crew.owners() != before
    return bites(moved > 0, hands_changed=moved)


FAULT = Fault(
    name="F5",
    title="join and leave, 2-3-2-1-2 workers",
    proof="partitions changed hands (rebalances counted)",
    strike=strike,
)
