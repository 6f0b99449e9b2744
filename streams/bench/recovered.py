"""Recovery: from a worker's start to its answering for all cards, and what they weigh."""

import time

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from streams.bench.figures import Run
from streams.bench.ground import Ground
from streams.bench.kept import worker
from streams.bench.machine import memory_mib
from streams.bench.plan import Plan

BYTES_PER_MIB = 1024 * 1024
RECOVERY = "stock_recovery_seconds"


async def empty_worker_mib(ground: Ground) -> float:
    """Return the memory of a worker that has no card."""
    async with worker(ground) as running:
        await running.ready(f"http://{ground.settings.web_bind}")
        return memory_mib(running.pid, "VmRSS")


async def recovery(ground: Ground, plan: Plan, empty_mib: float) -> Run:
    """Return how long a worker takes to read back the cards that were loaded."""
    url = f"http://{ground.settings.web_bind}"
    began_s = time.perf_counter()
    async with worker(ground) as running:
        await running.ready(url)
        ready_s = time.perf_counter() - began_s
        cards_mib = memory_mib(running.pid, "VmRSS") - empty_mib
        fenced_and_read_s = await _recovery_s(url)
    return {
        "start_to_ready_s": ready_s,
        "fence_and_read_back_s": fenced_and_read_s,
        "memory_a_card_bytes": cards_mib * BYTES_PER_MIB / plan.cards,
    }


async def _recovery_s(url: str) -> float:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/metrics") as answer:
        families = text_string_to_metric_families(await answer.text())
        return next(f.samples[0].value for f in families if f.name == RECOVERY)
