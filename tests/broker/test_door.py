"""The door on the real Kafka: nothing is said to be kept that is not, and nothing grows.

Not covered: more than one broker (min.insync.replicas); a broker that loses acknowledged records.
"""

import asyncio
import gzip
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.broker import LocalKafka
from streams.clarus.doorway import serve
from streams.clarus.kafka_deliveries import KafkaDeliveries
from streams.engine.errors import RefusesToRun
from streams.settings import Settings
from streams.topic_admin import create_topics
from streams.topics import DELIVERIES
from tests.broker.conftest import small_kafka
from tests.support.doors import (
    EVENT_PATH,
    Answer,
    OpenDoor,
    door_settings,
    head,
    open_door,
    until_ready,
)
from tests.support.kafka import Record, eventually, read_all

BODY = b'{"id": 910244,\r\n  "product": {"code": "A/B \xc3\xa9"}, "quantity": 6.0}'
READY_WITHIN_S = 30.0
MIB = 1_048_576


@asynccontextmanager
async def door_on(settings: Settings, away_s_max: float = 60.0) -> AsyncIterator[OpenDoor]:
    deliveries = KafkaDeliveries(settings, away_s_max=away_s_max)
    running = asyncio.create_task(deliveries.run())
    try:
        async with open_door(settings, deliveries) as door:
            yield door
    finally:
        running.cancel()
        await asyncio.wait([running])


async def kept(settings: Settings) -> list[Record]:
    return await read_all(settings.kafka or "", DELIVERIES.name)


@pytest.fixture(scope="module")
def shared_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """Give a broker for the tests that do it no harm; its deliveries are this module's alone."""
    local = small_kafka(tmp_path_factory.mktemp("door"))
    local.start()
    yield local
    local.stop()


@pytest.fixture
async def settings(shared_kafka: LocalKafka, tmp_path: Path) -> Settings:
    return await settings_for(shared_kafka, tmp_path)


@pytest.fixture
async def own_settings(own_kafka: LocalKafka, tmp_path: Path) -> Settings:
    await asyncio.to_thread(own_kafka.start)
    return await settings_for(own_kafka, tmp_path)


async def settings_for(kafka: LocalKafka, home: Path) -> Settings:
    settings = door_settings(home, kafka=kafka.bootstrap, partitions=2)
    await create_topics(settings, (DELIVERIES,))
    return settings


async def test_day_at_the_door(settings: Settings) -> None:
    """Deliveries arrive byte for byte with their headers; whatever else arrives leaves nothing.

    One broker start for the cases that need no fault.
    """
    async with door_on(settings) as door:
        await until_ready(door, READY_WITHIN_S)
        await _keeps_verbatim(settings, door)
        await _keeps_nothing_of_strangers(settings, door)
        await _keeps_nothing_of_the_hostile(settings, door)
        await _keeps_what_it_answers_under_load(settings, door)


async def _keeps_verbatim(settings: Settings, door: OpenDoor) -> None:
    place = _place_in(await door.post(BODY, X_ClarusWMS_Subdomain="northpeak"))
    (record,) = [record for record in await kept(settings) if _place(record) == place]
    headers = dict(record.headers)

    assert (record.key, record.value) == ("A/B é".encode(), BODY)
    assert headers["clarus_resource"] + b"." + headers["clarus_event"] == b"stock.received"
    assert headers["x-claruswms-subdomain"] == b"northpeak"
    assert record.timestamp_type == 1  # Kafka's own clock


async def _keeps_nothing_of_strangers(settings: Settings, door: OpenDoor) -> None:
    before = len(await kept(settings))
    shown = [EVENT_PATH.replace("canary", f"c{number}") for number in range(1_000)]
    gate = asyncio.Semaphore(8)

    async def knock(path: str) -> tuple[int, bytes]:
        async with gate:
            answer = await door.post(BODY, path)
            return answer.status, answer.body

    answers = set(await asyncio.gather(*map(knock, shown)))

    assert len(answers) == 1
    assert {status for status, _ in answers} == {401}
    assert len(await kept(settings)) == before


async def _keeps_nothing_of_the_hostile(settings: Settings, door: OpenDoor) -> None:
    before, memory_bytes = len(await kept(settings)), _memory_bytes()
    bomb = gzip.compress(b" " * 64 * MIB)
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"

    assert (await door.post(bomb, Content_Encoding="gzip")).status == 415
    assert (await door.post(bomb)).status == 400
    assert (await door.post(b" " * MIB)).status == 413
    async with door.sender() as sender:
        await sender.send(head(Transfer_Encoding="chunked"))
        for _ in range(256):  # 16 MiB, and as many more as the door would take
            await sender.send(chunk)
        said = await sender.until_closed()
    assert said[:12] in {b"HTTP/1.1 413", b""}  # a reset may overtake the answer
    assert _memory_bytes() - memory_bytes < 20 * MIB + 2 * len(bomb)
    assert len(await kept(settings)) == before


async def _keeps_what_it_answers_under_load(settings: Settings, door: OpenDoor) -> None:
    async def send(number: int) -> tuple[int, bytes]:
        body = b'{"id": %d, "product_code": "SKU-%d"}' % (number, number % 50)
        answer = await door.post(body)
        return answer.status, body

    before = len(await kept(settings))
    answers = await asyncio.gather(*map(send, range(500)))
    records = await kept(settings)

    assert {status for status, _ in answers} == {202}
    assert sorted(body for _, body in answers) == sorted(
        record.value or b"" for record in records if b"SKU-" in (record.value or b"")
    )
    assert len(records) == before + 500


async def test_kafka_goes_away_and_comes_back(
    own_kafka: LocalKafka, own_settings: Settings
) -> None:
    """503 within a bounded time and little memory meanwhile; then it works on, not restarted."""
    async with door_on(own_settings) as door:
        await until_ready(door, READY_WITHIN_S)
        assert (await door.post(BODY)).status == 202
        await asyncio.to_thread(own_kafka.kill)
        memory_bytes = _memory_bytes()
        refused = await asyncio.gather(*(door.post(_large(number)) for number in range(300)))
        again = await door.post(BODY)
        grown_bytes = _memory_bytes() - memory_bytes

        assert {answer.status for answer in (*refused, again)} == {503}
        assert again.headers["Retry-After"] == "5"
        assert (await door.get("/livez")).status == 200
        assert (await door.get("/readyz")).status == 503
        assert grown_bytes < 150 * MIB  # of 300 x 256 KiB: bodies, batches, the test's own client

        await asyncio.to_thread(own_kafka.start)
        await until_ready(door, READY_WITHIN_S)
        answer = await eventually(lambda: _accepted(door), READY_WITHIN_S)

    assert answer in {_place(record) for record in await kept(own_settings)}


async def test_kafka_stays_away_for_long(own_kafka: LocalKafka, own_settings: Settings) -> None:
    """What waits is dropped with its producer, another one is made, and the door ends in time."""
    async with door_on(own_settings, away_s_max=0.1) as door:
        await until_ready(door, READY_WITHIN_S)
        await asyncio.to_thread(own_kafka.kill)
        await asyncio.gather(*(door.post(BODY) for _ in range(20)))
        await eventually(lambda: _says(door, b"Kafka does not answer"), READY_WITHIN_S)
        await asyncio.to_thread(own_kafka.start)
        await until_ready(door, READY_WITHIN_S)

        assert (await door.post(BODY)).status == 202

        await asyncio.to_thread(own_kafka.kill)
        assert (await door.post(BODY)).status == 503


async def test_kafka_is_away_when_the_door_opens(
    own_kafka: LocalKafka, own_settings: Settings
) -> None:
    """The door opens all the same, says that it is not ready, and waits."""
    await asyncio.to_thread(own_kafka.stop)
    async with door_on(own_settings) as door:
        assert (await door.get("/readyz")).status == 503
        assert (await door.post(BODY)).status == 503

        await asyncio.to_thread(own_kafka.start)
        await until_ready(door, READY_WITHIN_S)

        assert (await door.post(BODY)).status == 202


async def test_spoilt_producer_is_made_anew(settings: Settings) -> None:
    """Kafka refuses a producer whose numbers have a gap for good: the door makes another.

    The gap comes of a record over the topic's own limit.
    """
    async with door_on(settings) as door:
        await until_ready(door, READY_WITHIN_S)
        await _limit_topic(settings, 10_000)

        assert (await door.post(_large(1))).status == 413
        await eventually(lambda: _accepted(door), READY_WITHIN_S)
        await _limit_topic(settings, MIB)


async def test_topic_with_another_partition_count_is_refused(
    settings: Settings,
) -> None:
    """Keys would go to partitions that no lane expects: the door says so and ends."""
    wrong = settings.model_copy(update={"partitions": 3})

    with pytest.raises(ExceptionGroup) as refusal:
        await serve(wrong, asyncio.Event())

    assert refusal.group_contains(RefusesToRun, match=r"clarus\.deliveries\.v1 has 2 partitions")


async def _says(door: OpenDoor, reason: bytes) -> bool:
    return reason in (await door.get("/readyz")).body


async def _accepted(door: OpenDoor) -> str | None:
    answer = await door.post(BODY)
    return _place_in(answer) if answer.status == 202 else None


def _place_in(answer: Answer) -> str:
    return json.loads(answer.body)["delivery"]


async def _limit_topic(settings: Settings, bytes_max: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka or "")
    await admin.start()
    try:
        # Kafka's older call: all of a topic's settings are set anew.
        limit: Any = {
            "max.message.bytes": str(bytes_max),
            "message.timestamp.type": "LogAppendTime",
        }
        await admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, DELIVERIES.name, configs=limit)]
        )
    finally:
        await admin.close()


def _large(number: int) -> bytes:
    return b'{"id": %d, "note": "%s"}' % (number, b"x" * 250_000)


def _place(record: Record) -> str:
    return f"{record.topic}/{record.partition}/{record.offset}"


def _memory_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
