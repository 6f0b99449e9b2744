"""`--chaos`: a random process of the demo is killed now and then; its supervisor restarts it."""

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
    stage: Stage, local: LocalKafka | None, killed: Callable[[str], None], seed: int
) -> None:
    """Kill -9 a random process every 20 s on average, until cancelled; Kafka is started again."""
    dice = random.Random(seed)  # noqa: S311 (not for secrets)
    while True:
        await asyncio.sleep(dice.expovariate(1 / KILL_EVERY_S))
        names = sorted(stage.pids) + ([KAFKA] if local else [])
        name = dice.choice(names)
        killed(name)
        if name == KAFKA and local:
            await asyncio.to_thread(local.kill)
            await asyncio.to_thread(local.start)
        else:
            with suppress(ProcessLookupError):
                os.kill(stage.pids[name], signal.SIGKILL)
