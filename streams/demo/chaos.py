"""`--chaos`: a random process of the demo is killed now and then; what was killed comes back."""

import asyncio
import random
from asyncio.subprocess import Process
from collections.abc import Callable

from streams.broker import LocalKafka
from streams.demo.stage import Stage

KILL_EVERY_S = 20.0  # on average, by the clock: what fell due while Kafka started comes after it
KAFKA = "kafka"


async def wreak(
    stage: Stage,
    local: LocalKafka | None,
    killed: Callable[[str], None],
    stop: asyncio.Event,
    *,
    seed: int,
    every_s: float = KILL_EVERY_S,
) -> None:
    """Kill -9 a random process now and then until `stop` is set; when it returns, Kafka runs.

    Supervisors start the others again. It is to be stopped, not cancelled: cancelled between a
    kill and the start after it, it would leave no Kafka.
    """
    dice = random.Random(seed)  # noqa: S311 (not for secrets)
    clock = asyncio.get_running_loop().time
    due = clock()
    while not await _is_set_within(stop, (due := due + dice.expovariate(1 / every_s)) - clock()):
        name = dice.choice(sorted(stage.processes) + ([KAFKA] if local else []))
        if name == KAFKA and local:
            killed(name)
            await asyncio.to_thread(local.kill)
            await asyncio.to_thread(local.start)
        elif _kill(stage.processes[name]):
            killed(name)


def _kill(process: Process) -> bool:
    """Kill a process; False where it has ended already, and waits to be started again."""
    try:
        process.kill()
    except ProcessLookupError:
        return False
    return True


async def _is_set_within(stop: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await stop.wait()
    except TimeoutError:
        return False
