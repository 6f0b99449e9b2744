"""F6: the broker stopped in good order or killed, away for a moment, and started again."""

import asyncio
from collections import Counter
from itertools import cycle

from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground

AWAY_MEAN_S = 2.0

_next_is_clean = cycle([True, False])


async def strike(ground: Ground) -> Counter[str]:
    """Take the broker away under load, and bring it back."""
    await ground.flows()
    is_clean = next(_next_is_clean)
    await asyncio.to_thread(ground.kafka.stop if is_clean else ground.kafka.kill)
    await ground.piles_up()
    await ground.moment(AWAY_MEAN_S)
    await asyncio.to_thread(ground.kafka.start)
    return bites(clean=is_clean, killed=not is_clean)


FAULT = Fault(
    name="F6",
    title="broker restarted, clean and killed in turn",
    proof="nothing was taken in while it was away: deliveries piled up",
    strike=strike,
    tries=4,
)
