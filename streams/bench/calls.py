"""The door under load, and how long a delivery takes to reach the topics a subscriber reads."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import orjson
from aiokafka import AIOKafkaConsumer

from streams.bench import load
from streams.bench.child import child, within
from streams.bench.figures import Run
from streams.bench.ground import LOOK_EVERY_S, Ground
from streams.bench.kept import worker
from streams.bench.plan import Plan
from streams.kafka import connection
from streams.topics import AVAILABILITY, JOURNAL

CALLERS = 32  # at once; the door takes twice as many
ARRIVES_MAX_S = 30.0  # what is not in the topics by then is missing
WARM_UP_SHARE = 0.2  # of the calls, not counted: first connections, first transactions
MS_PER_S = 1000


async def door(ground: Ground, plan: Plan) -> Run:
    """Return how many deliveries a second the door takes, and how fast it answers."""
    async with child(ground, "door", "streams", "door") as running, _client() as client:
        await running.ready(f"http://{ground.settings.door_bind}")
        answered: list[float] = []
        began_s = time.perf_counter()
        numbers = iter(range(10**9))

        async def call() -> None:
            while time.perf_counter() - began_s < plan.load_s:
                started_s = time.perf_counter()
                await _post(client, ground, next(numbers), plan)
                answered.append(time.perf_counter() - started_s)

        await asyncio.gather(*(call() for _ in range(CALLERS)))
        took_s = time.perf_counter() - began_s
    return {
        "deliveries_per_s": len(answered) / took_s,
        **_quantiles("answer", answered, (50, 99)),
    }


async def through(ground: Ground, plan: Plan) -> Run:
    """Return how long after its call a delivery is read from the journal and the availability."""
    await ground.load(replace(plan, movements=0))
    async with (
        child(ground, "door", "streams", "door") as the_door,
        worker(ground) as the_worker,
        _client() as client,
        _reader(ground, JOURNAL.name) as journal,
        _reader(ground, AVAILABILITY.name) as availability,
    ):
        await the_door.ready(f"http://{ground.settings.door_bind}")
        await the_worker.ready(f"http://{ground.settings.web_bind}")
        count = int(plan.load_s * plan.rate_per_s)
        called: dict[str, float] = {}
        entered: list[float] = []
        # Once a SKU and batch: some movements are never the last of one, so all are not waited for.
        stated: list[float] = []
        async with asyncio.TaskGroup() as readers:
            noting = [
                readers.create_task(_note_arrivals(journal, "movement_id", called, entered)),
                readers.create_task(_note_arrivals(availability, "cause", called, stated)),
            ]
            await _call_at_rate(client, ground, plan, called)
            await _all_noted(entered, count)
            for task in noting:
                task.cancel()
    warm = int(count * WARM_UP_SHARE)
    return {
        **_quantiles("to_journal", entered[warm:], (50, 95, 99)),
        **_quantiles("to_availability", stated[warm:], (50, 95, 99)),
    }


async def _all_noted(entered: Sequence[float], count: int) -> None:
    async with within(ARRIVES_MAX_S, f"{count:,} entries"):
        while len(entered) < count:  # noqa: ASYNC110 (Kafka tells nobody)
            await asyncio.sleep(LOOK_EVERY_S)


async def _call_at_rate(
    client: aiohttp.ClientSession, ground: Ground, plan: Plan, called: dict[str, float]
) -> None:
    began_s = time.perf_counter()
    calls: list[asyncio.Task[None]] = []
    for number in range(int(plan.load_s * plan.rate_per_s)):
        await asyncio.sleep(max(0.0, began_s + number / plan.rate_per_s - time.perf_counter()))
        called[str(number)] = time.perf_counter()
        calls.append(asyncio.create_task(_post(client, ground, number, plan)))
    await asyncio.gather(*calls)


async def _note_arrivals(
    reader: AIOKafkaConsumer, field: str, called: dict[str, float], after: list[float]
) -> None:
    """Note the seconds from call to arrival, in order of arrival; until cancelled."""
    while True:
        taken: dict[Any, Any] = await reader.getmany(timeout_ms=100)
        now_s = time.perf_counter()
        ids = [orjson.loads(r.value)[field] for some in taken.values() for r in some]
        after += [now_s - called[each.rpartition(":")[2]] for each in ids if each]


async def _post(client: aiohttp.ClientSession, ground: Ground, number: int, plan: Plan) -> None:
    secret = ground.settings.door_secret
    assert secret is not None  # noqa: S101 (the ground draws one)
    path = f"/clarus/{secret.get_secret_value()}/stock/received"
    url = f"http://{ground.settings.door_bind}{path}"
    async with client.post(url, data=_body(number, load.sku(number % plan.skus))) as answer:
        answer.raise_for_status()


def _body(number: int, code: str) -> bytes:
    return orjson.dumps(
        {
            "id": number,
            "created_at": "2026-07-03T09:12:44Z",
            "account": {"id": 3, "code": load.ACCOUNT},
            "product": {"id": 5120, "code": code},
            "warehouse": {"id": 2, "code": load.SITE},
            "quantity": 6.0,
            "location": {"id": 771, "code": "A-03-02"},
            "stock_id": 48817,
            "string1": "LOT-2291",
        }
    )


def _quantiles(name: str, seconds: Sequence[float], percents: tuple[int, ...]) -> Run:
    ordered = sorted(seconds)
    last = len(ordered) - 1
    return {
        f"{name}_p{percent}_ms": ordered[round(last * percent / 100)] * MS_PER_S
        for percent in percents
    }


def _client() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=CALLERS)
    headers = {"Content-Type": "application/json"}
    return aiohttp.ClientSession(connector=connector, headers=headers)


@asynccontextmanager
async def _reader(ground: Ground, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    reader = AIOKafkaConsumer(
        topic,
        **connection(ground.settings),
        auto_offset_reset="latest",
        isolation_level="read_committed",
    )
    await reader.start()
    await reader.seek_to_end()
    try:
        yield reader
    finally:
        await reader.stop()
