"""`--chaos`: a random process of the demo is killed now and then; what was killed comes back."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from streams.broker import LocalKafka
from streams.demo.stage import Stage
from streams.supervisor import is_set_within

KILL_EVERY_S = 20.0  # on average, from one kill that hit to the next
LOOK_EVERY_S = 0.1  # for somebody who runs, where all are dead
KAFKA = "kafka"

Wait = Callable[[asyncio.Event, float], Awaitable[bool]]


async def wreak(
    stage: Stage,
    local: LocalKafka | None,
    killed: Callable[[str], None],
    stop: asyncio.Event,
    *,
    seed: int,
    wait: Wait = is_set_within,
) -> None:
    """Kill -9 a random process now and then until `stop` is set; when it returns, Kafka runs.

    Supervisors start the others again. It is to be stopped, not cancelled: cancelled between a
    kill and the start after it, it would leave no Kafka.
    """
    dice = random.Random(seed)  # noqa: S311 (not for secrets)
    prey = _Prey(stage, local)
    try:
        while not await wait(stop, dice.expovariate(1 / KILL_EVERY_S)):
            name = await _hit(prey, dice, stop, wait)
            if name is not None:
                killed(name)
    finally:
        await prey.kafka_runs()


async def _hit(prey: "_Prey", dice: random.Random, stop: asyncio.Event, wait: Wait) -> str | None:
    """Return whom it has killed; None where `stop` is set before anybody runs."""
    while (name := await prey.kill_one(dice)) is None:
        if await wait(stop, LOOK_EVERY_S):
            return None
    return name


@dataclass(slots=True)
class _Prey:
    """Who can be killed: whoever runs. Kafka starts again beside whatever else goes on."""

    stage: Stage
    local: LocalKafka | None
    _starting: asyncio.Task[str] | None = None

    async def kill_one(self, dice: random.Random) -> str | None:
        """Kill one of those that run, and return its name; None where none does."""
        processes = self.stage.processes
        running = sorted(name for name in processes if processes[name].returncode is None)
        if self.local and await self._has_started():
            running.append(KAFKA)
        if not running:
            return None
        name = dice.choice(running)
        if name == KAFKA and self.local:
            await asyncio.to_thread(self.local.kill)
            self._starting = asyncio.create_task(asyncio.to_thread(self.local.start))
            return name
        try:
            processes[name].kill()
        except ProcessLookupError:  # it has ended in this moment
            return None
        return name

    async def kafka_runs(self) -> None:
        """Wait for the start after the last kill; raise where it fails."""
        if self._starting is not None:
            await self._starting

    async def _has_started(self) -> bool:
        if self._starting is not None and not self._starting.done():
            return False
        await self.kafka_runs()
        return True
