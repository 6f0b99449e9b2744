"""F18: a source topic deleted and made anew: nobody counts its offsets as those of the old one."""

from collections import Counter

from streams.topics import DELIVERIES, MOVEMENTS
from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground
from tests.support.topics import made_anew

SOURCES = {topic.name: topic for topic in (DELIVERIES, MOVEMENTS)}
CASES = tuple(SOURCES)


async def strike(ground: Ground) -> Counter[str]:
    """Make a topic anew while nobody looks; a worker must refuse and say what to do."""
    await ground.crew.kill_workers()
    topic = SOURCES[ground.in_turn(CASES)]
    await made_anew(ground.system.settings, topic)
    said = await ground.crew.refusal()

    assert "made anew" in said, said
    assert topic.name in said, said
    assert "runbook" in said, said
    return bites(**{topic.name: 1})


FAULT = Fault(
    name="F18",
    title="source topic made anew",
    proof="the worker refused and named the runbook",
    strike=strike,
    tries=len(CASES),
    cases=CASES,
    spoils=True,
)
