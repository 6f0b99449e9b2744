"""F22: the swarm: one fault after another, drawn, their mixture drawn anew every minute."""

import asyncio
from collections import Counter

from tests.faults import (
    f01_kill_9,
    f02_named_points,
    f03_freeze,
    f04_stop_under_load,
    f05_join_and_leave,
    f06_broker_restart,
    f10_poison,
    f14_clocks,
    f16_state_lost,
    f20_memory_squeeze,
)
from tests.faults.fault import BITES, BODIES, Fault
from tests.faults.ground import Ground

MIX: tuple[Fault, ...] = (
    f01_kill_9.FAULT,
    f02_named_points.FAULT,
    f03_freeze.FAULT,
    f04_stop_under_load.FAULT,
    f05_join_and_leave.FAULT,
    f06_broker_restart.FAULT,
    f10_poison.FAULT,
    f14_clocks.FAULT,
    f16_state_lost.FAULT,
    f20_memory_squeeze.FAULT,
)
OFTEN = {"F1": 6.0, "F3": 3.0, "F6": 2.0, "F10": 0.3}  # the weight of the others is 1
CALM_SHARE = 0.25  # of the mixtures: nothing happens
MIXTURE_S = 60.0
CALM_S = 15.0

_mixtures: dict[int, tuple[float, list[float]]] = {}  # by ground: until when, and the weights


async def strike(ground: Ground) -> Counter[str]:
    """Do one thing of the mixture in force."""
    weights = _weights(ground)
    if not any(weights):
        await asyncio.sleep(CALM_S)
        return Counter({"calm": 1})
    fault = ground.dice.choices(MIX, weights)[0]
    done = await fault.strike(ground)
    bit = done[BITES] > 0
    told = Counter({BITES: bit, fault.name: bit})
    if done[BODIES]:
        told[f"{fault.name} {BODIES}"] = done[BODIES]
    return told


def _weights(ground: Ground) -> list[float]:
    now = asyncio.get_running_loop().time()
    until, weights = _mixtures.get(id(ground), (0.0, []))
    if now > until:
        is_calm = ground.dice.random() < CALM_SHARE
        weights = [0.0 if is_calm else OFTEN.get(f.name, 1.0) * ground.dice.random() for f in MIX]
        _mixtures[id(ground)] = now + (CALM_S if is_calm else MIXTURE_S), weights
    return weights


FAULT = Fault(
    name="F22",
    title="all at once: the swarm",
    proof="as of each fault drawn",
    strike=strike,
    heals=False,
    lasts=True,
)
