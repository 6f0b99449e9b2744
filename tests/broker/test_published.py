"""The program by its commands on a real Kafka: what a subscriber reads, what a person lets in."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from ledger.valuation import Product
from ledger.wire import render_product
from streams.broker import Jvm, LocalKafka
from streams.partitions import partition_of
from streams.topics import AVAILABILITY, DELIVERIES, EXCEPTIONS, JOURNAL, PRODUCTS
from tests.support.kafka import eventually, read_all, send_all
from tests.support.scenario import body
from tests.support.source import ROOT
from tests.support.system import PARTITIONS, SECRET, System

TOML = '[clarus]\ntenant = "northpeak"\naccounts = ["NPK"]\n'
OPENING = ("--at", "2026-07-03T00:00:00Z", "--account", "NPK", "--site", "LEEDS")
ACCEPT = ("--accept", "--who", "A. Baker", "--why", "counted it again")
SETTLED_WITHIN_S = 30.0


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """Give a broker, an open place, a product with a cost, a door and a worker: each test a SKU."""
    folder = tmp_path_factory.mktemp("published")
    local = LocalKafka(folder, port=0, jvm=Jvm(heap_max="256m", quick_start=True))
    try:
        await asyncio.to_thread(local.start)
        async with System(local.bootstrap, folder / "system", TOML) as made:
            worker, door = made.start_worker(), made.start_door()
            await made.command("opening", "load", *OPENING)
            product = render_product(Product("MUG", 1, 5_500_000, saleable=True))
            partition = partition_of(b"MUG", PARTITIONS)
            await send_all(made.kafka, PRODUCTS.name, [product], partition)
            await made.ready(worker)
            await made.ready(door)
            yield made
    finally:
        local.stop()


async def test_a_person_lets_a_conflict_in_once(system: System) -> None:
    """The level changes by it, one entry is made, E04 is cleared; a second replay does nothing."""
    await deliver(system, body(quantity=10))
    await deliver(system, body(quantity=4))
    place = await eventually(lambda: conflict(system), SETTLED_WITHIN_S)

    await system.command("quarantine", "replay", place, *ACCEPT)
    await eventually(lambda: is_cleared(system), SETTLED_WITHIN_S)
    again = await system.command("quarantine", "replay", place, *ACCEPT)
    assert again == f"accepted before, counts already: {place}\n"

    stated, entries, notices = [
        [one for one in await values(system, topic) if one["sku"] == "MUG"]
        for topic in (AVAILABILITY.name, JOURNAL.name, EXCEPTIONS.name)
    ]
    assert stated[-1]["available"] == "14"
    assert [entry["quantity"] for entry in entries] == ["10", "4"]
    assert [one["state"] for one in notices if one["class"] == "E04"] == ["raised", "cleared"]
    headers = [dict(one.headers) for one in await read_all(system.kafka, DELIVERIES.name)]
    said = [
        (one["stock_accepted_by"], one["stock_accepted_because"])
        for one in headers
        if "stock_accepts" in one
    ]
    assert said == [(b"A. Baker", b"counted it again")]


async def test_a_subscriber_reads_what_may_be_sold(system: System) -> None:
    """The consumer that the README shows says each availability as it comes."""
    async with subscriber(system.kafka) as lines:
        await deliver(system, body(id=1, product={"code": "JUG"}))
        first = await until_said(lines, b"JUG")
        await deliver(system, body(id=2, product={"code": "JUG"}))
        second = await until_said(lines, b"JUG")

    assert [first, second] == [b"JUG 1 2\n", b"JUG 2 4\n"]


async def until_said(lines: asyncio.StreamReader, sku: bytes) -> bytes:
    """Return the next line about a SKU: the other test's may stand between."""
    while not (line := await lines.readline()).startswith(sku):
        assert line
    return line


@asynccontextmanager
async def subscriber(kafka: str) -> AsyncIterator[asyncio.StreamReader]:
    """Run the example; yields what it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        ROOT / "tests/examples/consumer.py",
        kafka,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(SETTLED_WITHIN_S):
            yield process.stdout
    finally:
        process.kill()
        await process.wait()


async def deliver(system: System, content: bytes) -> None:
    (door,) = (role for role in system.roles if role.name.startswith("door"))
    address = f"{door.url}/clarus/{SECRET}/stock/received"
    async with (
        aiohttp.ClientSession(headers={"Content-Type": "application/json"}) as client,
        client.post(address, data=content) as answer,
    ):
        assert answer.status == 202


async def conflict(system: System) -> str:
    """Return where the conflict stands in the quarantine; empty while it does not."""
    listed = json.loads(await system.command("quarantine", "list", "--class", "E04", "--json"))
    return "".join(one["place"] for one in listed["records"])


async def is_cleared(system: System) -> bool:
    notices = await values(system, EXCEPTIONS.name)
    return any(one["class"] == "E04" and one["state"] == "cleared" for one in notices)


async def values(system: System, topic: str) -> list[Any]:
    return [json.loads(record.value or b"") for record in await read_all(system.kafka, topic)]
