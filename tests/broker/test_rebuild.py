"""The changelogs lost on a real Kafka: workers refuse, `stock rebuild` mends, all goes on.

Not covered: a rebuild that dies in between (each lane is one transaction; it is run again).
"""

import asyncio
from collections import Counter
from pathlib import Path

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from ledger.valuation import Product
from ledger.wire import render_product
from streams.broker import LocalKafka
from streams.clarus.delivery import EVENT, RESOURCE, TENANT
from streams.engine.end import EXIT_REFUSES
from streams.engine.errors import RefusesToRun
from streams.engine.transaction import send_batches
from streams.group import members_of
from streams.partitions import partition_of
from streams.rebuild.run import _fenced, rebuild
from streams.settings import Settings
from streams.topics import (
    AVAILABILITY,
    DELIVERIES,
    JOURNAL,
    PRODUCTS,
    STOCK_CHANGELOG,
    TRANSLATE_CHANGELOG,
)
from tests.support.kafka import eventually, read_all
from tests.support.played import body
from tests.support.system import PARTITIONS, Role, System
from tests.support.topics import made_anew

pytestmark = pytest.mark.timeout(180)

TOML = """
[clarus]
tenant = "northpeak"
accounts = ["NPK"]
[engine]
session_timeout_ms = 2000
"""
SKUS = ("MUG", "JUG", "CUP", "VASE")  # VASE has no cost: its movements are parked
WITHIN_S = 40.0


class Shop:
    """Writes what the door and Khaos would, and counts what must become of it."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.told = 0

    async def say(self, count: int, **costs: int) -> None:
        """Tell costs, then so many receipts and despatches."""
        producer = AIOKafkaProducer(bootstrap_servers=self.system.kafka, enable_idempotence=True)
        await producer.start()
        try:
            for sku, version in costs.items():
                value = render_product(Product(sku, version, version * 3_333_333, saleable=True))
                await producer.send(PRODUCTS.name, value, sku.encode(), partition=_partition(sku))
            for _ in range(count):
                self.told += 1
                await self._deliver(producer, self.told)
            await producer.flush()
        finally:
            await producer.stop()

    async def _deliver(self, producer: AIOKafkaProducer, number: int) -> None:
        sku = SKUS[number % len(SKUS)]
        event = "dispatched" if number % 3 == 0 else "received"
        headers = [(RESOURCE, b"stock"), (EVENT, event.encode()), (TENANT, b"northpeak")]
        await producer.send(
            DELIVERIES.name,
            orjson.dumps(body(number, sku, f"{number % 5 + 1}")),
            sku.encode(),
            partition=_partition(sku),
            headers=headers,
        )

    async def taken(self) -> None:
        """Wait until every movement told is in a level."""

        async def is_so() -> bool:
            return (await self.system.counts())["applied"] >= self.told

        await eventually(is_so, WITHIN_S)

    async def worker(self) -> Role:
        worker = self.system.start_worker()
        await self.system.ready(worker)
        return worker


def _partition(sku: str) -> int:
    return partition_of(sku.encode(), PARTITIONS)


async def stopped(role: Role) -> None:
    role.process.kill()
    await asyncio.to_thread(role.process.wait)


async def rebuilt(system: System) -> None:
    """Rebuild as soon as the sessions of workers that ended are over; before, it is refused."""
    if await members_of(system.settings):
        with pytest.raises(RefusesToRun, match="are in the group"):
            await rebuild(system.settings, caught_up=False)

    async def is_empty() -> bool:
        return not await members_of(system.settings)

    await eventually(is_empty, WITHIN_S)
    await system.command("rebuild")


async def test_a_lost_changelog_is_rebuilt(own_kafka: LocalKafka, tmp_path: Path) -> None:
    """Cards and marks come back as they were; nothing is posted twice, nothing goes missing."""
    await asyncio.to_thread(own_kafka.start)
    async with System(own_kafka.bootstrap, tmp_path / "system", TOML) as system:
        shop = Shop(system)
        at = "2026-03-30T06:00:00Z"
        await system.command("opening", "load", "--at", at, "--account", "NPK", "--site", "LEEDS")
        worker = await shop.worker()
        await shop.say(60, MUG=1, JUG=1, CUP=1)
        await shop.taken()
        await shop.say(40, MUG=2)
        await shop.taken()
        await stopped(worker)
        cards, counts = await _levels(system), await system.counts()
        versions = await _versions(system)
        await made_anew(system.settings, STOCK_CHANGELOG, TRANSLATE_CHANGELOG)
        refusing = system.start_worker()
        await eventually(lambda: not refusing.runs, WITHIN_S)

        assert refusing.process.wait() == EXIT_REFUSES
        assert "stock rebuild" in refusing.log
        assert "Traceback" not in refusing.log

        await rebuilt(system)

        assert await _levels(system) == cards
        assert await system.counts() == counts
        assert all(version > versions[sku] for sku, version in (await _versions(system)).items())
        await system.command("verify")

        await shop.worker()
        await shop.say(40, VASE=1)
        await shop.taken()
        await system.command("verify")

        entries = [record.value for record in await read_all(system.kafka, JOURNAL.name)]
        ids = Counter(orjson.loads(value or b"")["entry_id"] for value in entries)
        assert set(ids.values()) == {1}
        assert sum("stock." in name for name in ids) == shop.told


class Lost(Exception):
    """Kafka is gone; what the rebuild did comes to its end with this."""


async def test_a_writer_that_does_not_close_hides_nothing(
    own_kafka: LocalKafka, tmp_path: Path
) -> None:
    """What a rebuild failed of is what it tells, however it is left."""
    await asyncio.to_thread(own_kafka.start)
    async with System(own_kafka.bootstrap, tmp_path / "system", TOML) as system:
        with pytest.raises(Lost):
            await _lose(own_kafka, system.settings)


async def _lose(kafka: LocalKafka, settings: Settings) -> None:
    """Kill Kafka while a writer has something to send; it waits for that as it is stopped."""
    async with _fenced(settings) as writers:
        producer = next(iter(writers.values()))._producer
        await producer.begin_transaction()
        await producer.send_and_wait(DELIVERIES.name, b"{}", partition=0)
        kafka.kill()
        await send_batches(producer, DELIVERIES.name, 0, [(b"", b"{}", [])])
        raise Lost


async def _levels(system: System) -> dict[bytes, tuple[object, ...]]:
    """Return what must come back of every card."""
    found = {
        key: orjson.loads(value)
        for key, value in (await system.changelog()).items()
        if not key.startswith(b"\x00")
    }
    same = ("levels", "holds", "pool", "product", "seen", "exceptions", "applied_offset")
    return {key: tuple(card[name] for name in same) for key, card in found.items()}


async def _versions(system: System) -> dict[bytes, int]:
    records = await read_all(system.kafka, AVAILABILITY.name)
    return {r.key or b"": orjson.loads(r.value or b"")["version"] for r in records}
