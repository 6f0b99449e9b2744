"""F6: the broker stopped in good order or killed, away for a moment, and started again."""

import asyncio
from collections import Counter

from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground

AWAY_MEAN_S = 2.0
CASES = ("clean", "killed")


async def strike(ground: Ground) -> Counter[str]:
    """Take the broker away under load, and bring it back."""
    await ground.flows()
    how = ground.in_turn(CASES)
    await asyncio.to_thread(ground.kafka.stop if how == "clean" else ground.kafka.kill)
    await ground.piles_up()
    await ground.moment(AWAY_MEAN_S)
    await asyncio.to_thread(ground.kafka.start)
    return bites(**{how: 1})


FAULT = Fault(
    name="F6",
    title="broker restarted, clean and killed in turn",
    proof="nothing was taken in while it was away: deliveries piled up",
    strike=strike,
    tries=4,
    cases=CASES,
)
