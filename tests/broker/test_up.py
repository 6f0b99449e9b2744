"""`stock kafka`, `stock up` and `stock show` as a person types them."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import aiohttp
import psutil
import pytest
from aiokafka import AIOKafkaProducer
from yarl import URL

from ledger.level import StockCard
from ledger.valuation import Product
from ledger.wire import render_product
from streams.broker.ports import draw_port
from streams.partitions import partition_of
from streams.topics import PRODUCTS, STOCK_CHANGELOG
from tables.cards import render_card
from tests.support.kafka import eventually
from tests.support.processes import still_running

READY_WITHIN_S = 60.0
ENDS_WITHIN_S = 40.0
PARTITIONS = 2
SKU = "A/B %"

Environment = Mapping[str, str]


@pytest.fixture
def installation(tmp_path: Path) -> Environment:
    """Return the variables of an installation of its own."""
    ours = {
        "STOCK_HOME": str(tmp_path),
        "STOCK_KAFKA_PORT": str(draw_port()),
        "STOCK_DOOR_BIND": f"127.0.0.1:{draw_port()}",
        "STOCK_WEB_BIND": f"127.0.0.1:{draw_port()}",
        "STOCK_DOOR_SECRET": "canary-4Tz8Wb3Yc6Nd1Pf57Qx2vLm9Rk",
        "STOCK_CLARUS__ACCOUNTS": '["NPK"]',
        "STOCK_PARTITIONS": str(PARTITIONS),
    }
    return {**os.environ, **ours}


async def stock(installation: Environment, *arguments: str) -> tuple[int, str, str]:
    """Run a command; return exit code, what it said and what it complained of."""
    process = await started(installation, *arguments)
    said, complained = await process.communicate()
    return process.returncode or 0, said.decode(), complained.decode()


async def started(installation: Environment, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "streams", *arguments),
        env=dict(installation),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@asynccontextmanager
async def up(installation: Environment) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `stock up`; the block begins when the worker is ready."""
    process = await started(installation, "up")
    try:
        await eventually(lambda: answers(installation, process), READY_WITHIN_S)
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()


async def answers(installation: Environment, process: asyncio.subprocess.Process) -> bool:
    assert process.returncode is None
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://{installation['STOCK_WEB_BIND']}/readyz") as answer,
        ):
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def tell_product(installation: Environment) -> None:
    """Tell of one product, as Khaos would."""
    product = render_product(Product(SKU, 1, 5_500_000, saleable=True))
    await send(installation, PRODUCTS.name, product)


async def send(installation: Environment, topic: str, value: bytes) -> None:
    """Send one record of the SKU to its partition."""
    key = SKU.encode()
    port = installation["STOCK_KAFKA_PORT"]
    producer = AIOKafkaProducer(bootstrap_servers=f"127.0.0.1:{port}", enable_idempotence=True)
    await producer.start()
    try:
        await producer.send_and_wait(topic, value, key, partition=partition_of(key, PARTITIONS))
    finally:
        await producer.stop()


async def shown(installation: Environment, sku: str) -> bool:
    """Say whether the worker has a card."""
    page = f"http://{installation['STOCK_WEB_BIND']}/table/stock/{quote(sku, safe='')}"
    async with (
        aiohttp.ClientSession() as session,
        session.get(URL(page, encoded=True)) as answer,
    ):
        return answer.status == 200


def kafka_pid(installation: Environment) -> int:
    return int(Path(installation["STOCK_HOME"], "kafka", "pid").read_text().split()[0])


async def test_kafka_is_started_asked_and_stopped(installation: Environment) -> None:
    """One line each, facts as JSON, and an exit code that a script can go by."""
    before = await stock(installation, "kafka", "status")
    start, facts, _ = await stock(installation, "kafka", "start", "--json")
    status = await stock(installation, "kafka", "status")
    unasked = await stock(installation, "kafka", "reset")
    stop, said, _ = await stock(installation, "kafka", "stop")

    assert (before[0], start, status[0], unasked[0], stop) == (1, 0, 0, 2, 0)
    assert json.loads(facts)["is_ready"]
    assert "nobody to ask" in unasked[2]
    assert said == "Kafka has stopped; its records stay\n"


async def test_up_runs_everything_and_leaves_nothing(installation: Environment) -> None:
    """What dies comes back, a SKU can be shown, and Ctrl-C ends all of it in order."""
    async with up(installation) as process:
        mine = psutil.Process(process.pid)
        await tell_product(installation)
        await eventually(lambda: shown(installation, SKU), READY_WITHIN_S)
        shown_then = await stock(installation, "show", SKU, "--json")
        first = mine.children()
        next(each for each in first if "worker" in each.cmdline()).kill()
        await eventually(lambda: len(set(mine.children()) - set(first)) == 1, READY_WITHIN_S)
        children = [*mine.children(recursive=True), psutil.Process(kafka_pid(installation))]
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(ENDS_WITHIN_S):
            said, complained = await process.communicate()

    assert process.returncode == 0, complained.decode()
    assert said.decode().splitlines()[-1] == "stopped: door, workers, Kafka; its records stay"
    assert still_running(children) == []
    assert json.loads(shown_then[1])["card"]["sku"] == SKU


async def test_show_needs_no_worker(installation: Environment) -> None:
    """A card is in Kafka, whoever runs; an unknown SKU is exit 1."""
    await stock(installation, "kafka", "start")
    try:
        await stock(installation, "topics", "create")
        await send(installation, STOCK_CHANGELOG.name, render_card(StockCard(SKU)))
        shown = await stock(installation, "show", SKU, "--json")
        unknown = await stock(installation, "show", "no such")
    finally:
        await stock(installation, "kafka", "stop")

    assert json.loads(shown[1])["card"]["sku"] == SKU
    assert (unknown[0], unknown[2]) == (1, "stock: there is no card for 'no such'\n")
