"""F19: a topic with more partitions than it was made with: nobody runs on it."""

from collections import Counter

from aiokafka.admin import NewPartitions

from streams.topics import DELIVERIES, MOVEMENTS, STOCK_CHANGELOG
from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground
from tests.support.kafka import administering

CASES = tuple(topic.name for topic in (MOVEMENTS, DELIVERIES, STOCK_CHANGELOG))


async def strike(ground: Ground) -> Counter[str]:
    """Add a partition while nobody looks; a worker must refuse and name the count."""
    await ground.crew.kill_workers()
    topic, more = ground.in_turn(CASES), ground.system.partitions + 1
    async with administering(ground.system.kafka) as admin:
        await admin.create_partitions({topic: NewPartitions(more)})
    said = await ground.crew.refusal()

    assert f"{topic} has {more} partitions" in said, said
    return bites(**{topic: 1})


FAULT = Fault(
    name="F19",
    title="partition count changed",
    proof="the worker refused and named the topic",
    strike=strike,
    tries=len(CASES),
    cases=CASES,
    spoils=True,
)
