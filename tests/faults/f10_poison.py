"""F10: forty kinds of poison and fuzzed bodies by the door, and many more by translate."""

import asyncio
import json
import os
import sys
from collections import Counter
from datetime import UTC, datetime
from random import Random

import aiohttp

from streams.sandbox.poison import JSON_TYPE, KINDS
from tests.faults.fault import Fault, bites
from tests.faults.fuzz import EVENTS, fuzzed
from tests.faults.ground import Ground
from tests.support.kafka import eventually
from tests.support.system import SECRET

TOLD = 300  # fuzzed bodies through the door, each try
BODIES = int(os.environ.get("FAULTS_BODIES", "20000"))  # through translate's own code, each try
AT = datetime(2011, 1, 3, 12, tzinfo=UTC)
ANSWERED_WITHIN_S = 60.0
BUSY = 503
FUZZED = "fuzzed "
SET_ASIDE = f"{FUZZED}quarantined"


async def strike(ground: Ground) -> Counter[str]:
    """Tell every kind, then fuzzed bodies; then have a process of its own fuzz translate."""
    number = ground.dice.randrange(10**9)
    async with aiohttp.ClientSession() as client:
        for kind in KINDS:
            body = kind.make(number, AT)
            status = await _told(ground, client, kind.event, body, kind.content_type)
            expected = {kind.refused} if kind.refused else {200, 202}
            assert status in expected, f"{kind.kind}: answered {status}, not {expected}"
        taken = 0
        for _ in range(TOLD):
            status = await _told(ground, client, *_some(ground.dice), JSON_TYPE)
            assert status < 500, f"a fuzzed body was answered {status}"
            taken += status < 300
    counted = await _fuzz_translate(number)
    judged = taken > 0 and counted[SET_ASIDE] > 0
    return bites(judged, kinds=len(KINDS), told=TOLD, taken_in=taken, bodies=BODIES) + counted


def _some(dice: Random) -> tuple[tuple[str, str], bytes]:
    return dice.choice(EVENTS), fuzzed(dice)


async def _told(
    ground: Ground,
    client: aiohttp.ClientSession,
    event: tuple[str, str],
    body: bytes,
    content_type: str,
) -> int:
    url = f"{ground.crew.door.url}/clarus/{SECRET}/{event[0]}/{event[1]}"

    async def answered() -> int:
        try:
            headers = {"Content-Type": content_type}
            async with client.post(url, data=body, headers=headers) as answer:
                return answer.status if answer.status != BUSY else 0
        except aiohttp.ClientError:
            return 0

    status = await eventually(answered, ANSWERED_WITHIN_S)
    if status < 300:
        ground.feed.also(body)
    return status


async def _fuzz_translate(seed: int) -> Counter[str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.fuzz", str(BODIES), str(seed)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await process.communicate()

    assert process.returncode == 0, complained.decode()[-1000:]
    return Counter({f"{FUZZED}{fate}": number for fate, number in json.loads(said).items()})


FAULT = Fault(
    name="F10",
    title="poison: 40 kinds and fuzzed bodies",
    proof="each kind was answered as it must be; fuzzed ones were taken in, and set aside",
    strike=strike,
    calm=True,
    tries=1,
)
