"""F7: the broker away for long: the door says 503, nobody's memory grows, all comes back."""

import asyncio
import os
import time
from collections import Counter

import aiohttp

from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground
from tests.support.kafka import eventually
from tests.support.system import SECRET

AWAY_S = float(os.environ.get("FAULTS_AWAY_S", "60"))
ASKED_EVERY_S = 1.0
KINDS = 2  # of roles: the door, workers
WEIGHED_WITHIN_S = 10.0
SAYS_SO_WITHIN_S = 60.0
GROWTH_MAX_BYTES = 64 * 1024 * 1024


async def strike(ground: Ground) -> Counter[str]:
    """Stop the broker, wait, hold the door to its 503, and start it again."""
    await ground.flows()
    rss_max = ground.crew.rss_max_bytes
    rss_max.clear()
    await eventually(lambda: len(rss_max) == KINDS, WEIGHED_WITHIN_S)
    before = dict(rss_max)
    await asyncio.to_thread(ground.kafka.stop)
    await eventually(lambda: _answers_503(ground), SAYS_SO_WITHIN_S)
    until = time.monotonic() + AWAY_S
    while time.monotonic() < until:
        assert await _answers_503(ground), "the door took something in while Kafka was away"
        await asyncio.sleep(ASKED_EVERY_S)

    for kind, rss in rss_max.items():
        assert rss < before[kind] + GROWTH_MAX_BYTES, f"{kind} grew from {before[kind]} to {rss}"
    await asyncio.to_thread(ground.kafka.start)
    return bites(seconds_away=round(AWAY_S))


async def _answers_503(ground: Ground) -> bool:
    url = f"{ground.crew.door.url}/clarus/{SECRET}/stock/received"
    try:
        async with aiohttp.ClientSession() as client, client.post(url, json={"id": 1}) as answer:
            return answer.status == 503
    except aiohttp.ClientError:
        return False


FAULT = Fault(
    name="F7",
    title="broker away for a minute and more",
    proof="the door answered 503 at every second's look",
    strike=strike,
    tries=1,
)
