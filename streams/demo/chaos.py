"""`--chaos`: a random process of the demo is killed now and then; what was killed comes back."""

import asyncio
import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress

from streams.broker import LocalKafka
from streams.demo.stage import Stage

KILL_EVERY_S = 20.0  # on average
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
    while not await _is_set_within(stop, dice.expovariate(1 / every_s)):
        name = dice.choice(sorted(stage.pids) + ([KAFKA] if local else []))
        killed(name)
        if name == KAFKA and local:
            await asyncio.to_thread(local.kill)
            await asyncio.to_thread(local.start)
        else:
            with suppress(ProcessLookupError):  # it waits to be started again
                os.kill(stage.pids[name], signal.SIGKILL)


async def _is_set_within(stop: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await stop.wait()
    except TimeoutError:
        return False
