"""F14: the door's clock an hour ahead, an hour behind, jumping: order is Kafka's own.

Workers are passed no clock at all: they reckon with the time Kafka stamped on a delivery. The run
holds cards, journal and all else against what the raw deliveries come to, reckoned without the
door's stamps (`history_fold`). That not a byte would be another without them is proven apart, as no
two runs on a broker have the same times: `tests/unit/faults/test_clocks.py` folds the same
deliveries by a right and by each wrong clock, through the real door and folds, and compares every
record of every topic: cards, marks, journal, availability, movements. The clock is in three headers
of a delivery, and in the copy of them that the quarantine keeps; nowhere else.
"""

from collections import Counter
from datetime import datetime, timedelta

from streams.clarus.delivery import RECEIVED_AT
from streams.headers import time_of
from streams.topics import DELIVERIES
from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground
from tests.faults.skewed import CLOCKS
from tests.support.history_evidence import header_of
from tests.support.kafka import read_all
from tests.support.system import PROGRAM

DELIVERIES_TOLD = 150
APART_MIN = timedelta(minutes=30)

CASES = tuple(CLOCKS)


async def strike(ground: Ground) -> Counter[str]:
    """Have the door run by a wrong clock for a while."""
    clock, crew = ground.in_turn(CASES), ground.crew
    before = await _told_wrongly(ground)
    crew.door_program = ("-m", "tests.faults.skewed", clock)
    try:
        await crew.leave(crew.door)
        await ground.healed()
        await ground.flows(DELIVERIES_TOLD)
    finally:
        crew.door_program = PROGRAM
    await crew.leave(crew.door)
    wrongly = await _told_wrongly(ground) - before
    return bites(wrongly > 0, told_wrongly=wrongly, **{clock: 1})


async def _told_wrongly(ground: Ground) -> int:
    records = await read_all(ground.system.kafka, DELIVERIES.name)
    said = [(header_of(record, RECEIVED_AT), time_of(record.timestamp)) for record in records]
    return sum(
        text is not None and abs(datetime.fromisoformat(text) - at) > APART_MIN for text, at in said
    )


FAULT = Fault(
    name="F14",
    title="clocks ahead, behind, jumping",
    proof="deliveries stamped half an hour and more beside Kafka's clock",
    strike=strike,
    cases=CASES,
    calm=True,
)
