"""F6: the broker stopped in good order or killed, away for a moment, and started again."""

import asyncio
from collections import Counter
from itertools import cycle

from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground
from tests.support.kafka import eventually

AWAY_MEAN_S = 2.0
TOLD_AGAIN_WITHIN_S = 60.0

_next_is_clean = cycle([True, False])


async def strike(ground: Ground) -> Counter[str]:
    """Take the broker away under load, and bring it back."""
    await ground.flows()
    again, is_clean = ground.feed.again, next(_next_is_clean)
    await asyncio.to_thread(ground.kafka.stop if is_clean else ground.kafka.kill)
    await ground.moment(AWAY_MEAN_S)
    await asyncio.to_thread(ground.kafka.start)
    await eventually(lambda: ground.feed.again > again, TOLD_AGAIN_WITHIN_S)
    return bites(clean=is_clean, killed=not is_clean)


FAULT = Fault(
    name="F6",
    title="broker restarted, clean and killed in turn",
    proof="deliveries had to be told again",
    strike=strike,
    tries=4,
)
