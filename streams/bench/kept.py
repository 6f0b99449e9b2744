"""keep_stock alone: the real worker on a preloaded topic, until it has committed all of it."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient

from streams.bench.child import READY_MAX_S, RUN_MAX_S, BenchFailed, Child, program, within
from streams.bench.figures import Run
from streams.bench.ground import Ground
from streams.bench.machine import cpu_s, memory_mib
from streams.broker.ports import draw_port
from streams.group import NO_GROUPS_YET
from streams.kafka import connection
from streams.topics import APP_ID, MOVEMENTS

LOOK_EVERY_S = 0.02


async def keep_stock(ground: Ground, workers: int) -> Run:
    """Return the rate, the CPU and the memory of so many workers."""
    await ground.sweep()
    wanted = sum((await ground.ends(MOVEMENTS.name)).values())
    async with AsyncExitStack() as stack:
        admin = await stack.enter_async_context(_admin(ground))
        running = [
            await stack.enter_async_context(worker(ground, number)) for number in range(workers)
        ]
        began = await _committed_at_least(admin, running, 1, READY_MAX_S)
        ended = await _committed_at_least(admin, running, wanted, RUN_MAX_S)
        peak_mib = sum(memory_mib(each.pid) for each in running)
    # What the first look found was folded before it, in a time that nobody has measured.
    kept = ended.committed - began.committed
    if not kept:
        raise BenchFailed(f"{wanted:,} movements are too few: the first look found all committed")
    return {
        "movements_per_s": kept / (ended.at_s - began.at_s),
        "cpu_s_per_million": (ended.cpu_s - began.cpu_s) / kept * 1e6,
        "peak_memory_mib": peak_mib,
    }


@asynccontextmanager
async def worker(ground: Ground, number: int = 0) -> AsyncIterator[Child]:
    """Run one worker as `stock worker` runs it; of several each has its number."""
    port = int(ground.settings.web_bind.rpartition(":")[2]) if number == 0 else draw_port()
    command = (sys.executable, "-m", "streams", "worker", "--once", "--web-port", str(port))
    async with program(ground, f"worker-{number}", command, {}, number=number) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Moment:
    """What was committed at a moment, and the CPU seconds used up to it."""

    committed: int
    at_s: float
    cpu_s: float


async def _committed_at_least(
    admin: AIOKafkaAdminClient, running: Sequence[Child], wanted: int, within_s: float
) -> Moment:
    """Return the first moment at which so many offsets are seen to be committed."""
    async with within(within_s, f"{wanted:,} offsets committed"):
        while (count := await committed(admin, APP_ID)) < wanted:
            for each in running:
                each.check()
            await asyncio.sleep(LOOK_EVERY_S)
    return Moment(count, time.perf_counter(), sum(cpu_s(each.pid) for each in running))


async def committed(admin: AIOKafkaAdminClient, group: str) -> int:
    """Return how many offsets of the movements a group has committed."""
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    except NO_GROUPS_YET:
        return 0
    return sum(max(0, told.offset) for at, told in offsets.items() if at.topic == MOVEMENTS.name)


@asynccontextmanager
async def _admin(ground: Ground) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**connection(ground.settings))
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()
