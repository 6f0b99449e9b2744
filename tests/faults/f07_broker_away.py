"""F7: the broker away for long: the door says 503, nobody's memory grows, all comes back."""

import asyncio
import os
from collections import Counter

import aiohttp

from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground
from tests.support.kafka import eventually
from tests.support.system import SECRET

AWAY_S = float(os.environ.get("FAULTS_AWAY_S", "60"))
SAYS_SO_WITHIN_S = 60.0
GROWTH_MAX_BYTES = 64 * 1024 * 1024


async def strike(ground: Ground) -> Counter[str]:
    """Stop the broker, wait, hold the door to its 503, and start it again."""
    await ground.flows()
    await asyncio.to_thread(ground.kafka.stop)
    before = dict(ground.crew.rss_max_bytes)
    await eventually(lambda: _answers_503(ground), SAYS_SO_WITHIN_S)
    await asyncio.sleep(AWAY_S)

    assert await _answers_503(ground), "the door took something in while Kafka was away"
    for kind, rss in ground.crew.rss_max_bytes.items():
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
    proof="the door answered 503 all the while",
    strike=strike,
    tries=1,
)
