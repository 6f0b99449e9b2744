"""F23: the broker frozen past its own session: for a moment no partition has a leader.

Kafka 4.4 takes a partition without a leader for one that was deleted: it leaves out the markers of
transactions that are on their way, and holds them complete. A worker killed just then is the worst
of it: the next owner's abort would end what was left open.
"""

import asyncio
import os
import signal
from collections import Counter

from tests.faults.fault import Fault, bites
from tests.faults.ground import KAFKA_FOLDER, Ground

FROZEN_S = 2.6  # the session of the tests' broker is 2 s
FREEZES_MAX = 10  # awake again, it may beat before anybody has looked
LOOKED_WITHIN_S = 1.5
KILLED_WITHIN_S = 1.0
KILLED_SHARE = 0.5
FENCED = "Fencing broker"
SKIPPED = "can be skipped"  # as the broker says of the markers it leaves out


async def strike(ground: Ground) -> Counter[str]:
    """Freeze the broker under load until it was fenced; kill a worker then, now and then."""
    before = _said(ground)
    for _ in range(FREEZES_MAX):
        await ground.flows()
        await ground.moment(0.1)
        await _frozen(ground)
        if ground.dice.random() < KILLED_SHARE:
            await asyncio.sleep(ground.dice.random() * KILLED_WITHIN_S)
            ground.dice.choice(ground.crew.workers).process.kill()
        await asyncio.sleep(LOOKED_WITHIN_S)
        if _said(ground)[FENCED] > before[FENCED]:
            break
        await ground.healed()
    now = _said(ground)
    fenced = now[FENCED] > before[FENCED]
    return bites(fenced, transactions_without_markers=now[SKIPPED] - before[SKIPPED])


async def _frozen(ground: Ground) -> None:
    pid = ground.kafka.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(FROZEN_S)
    finally:
        os.kill(pid, signal.SIGCONT)


def _said(ground: Ground) -> Counter[str]:
    logs = (ground.folder / KAFKA_FOLDER).rglob("broker.log*")
    said = "".join(log.read_text(errors="replace") for log in logs)
    return Counter({word: said.count(word) for word in (FENCED, SKIPPED)})


FAULT = Fault(
    name="F23",
    title="the broker frozen past its session, then woken",
    proof="it was fenced, and no partition had a leader",
    strike=strike,
)
