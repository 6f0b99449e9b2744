"""The doctor on a real Kafka: before anything is there, while all is well, and with each fault."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.broker import LocalKafka
from streams.commands.doctor import diagnoses
from streams.doctor.diagnosis import Diagnosis, State
from streams.topics import JOURNAL
from tests.support.kafka import eventually
from tests.support.system import SECRET, Role, System
from tests.support.webs import group

TOML = """
[clarus]
accounts = ["NPK"]
tenant = "northpeak"
"""
BODY = {
    "id": 1,
    "created_at": "2026-07-03T09:12:44Z",
    "account": {"code": "NPK"},
    "product": {"code": "MUG"},
    "warehouse": {"code": "LEEDS"},
    "quantity": 6,
}
TAKEN_WITHIN_S = 30.0
NOBODY = "127.0.0.1:1"

Findings = dict[str, Diagnosis]


async def test_doctor_sees_what_is_and_what_is_not(own_kafka: LocalKafka, tmp_path: Path) -> None:
    """Each stage of a machine's first hour, and then a topic somebody changed."""
    await asyncio.to_thread(own_kafka.start)
    async with System(own_kafka.bootstrap, tmp_path / "system", TOML) as system:
        await _sees_that_nothing_runs(system)
        await _sees_whose_worker_answers(system)
        door, worker = system.start_door(), system.start_worker()
        await system.ready(door)
        await system.ready(worker)
        await _sees_what_waits(system, door, worker)
        await _sees_a_changed_topic(system)


async def _sees_that_nothing_runs(system: System) -> None:
    found = await _examine(system, door_bind=NOBODY, web_bind=NOBODY)

    assert _states(found, "Kafka", "transactions", "topics", "topic settings") == {State.OK}
    assert _states(found, "door", "worker", "openings") == {State.WARN}
    assert "`stock door`" in found["door"].fix
    assert "stock opening load" in found["openings"].fix


async def _sees_whose_worker_answers(system: System) -> None:
    async with group() as others:
        bind = others.stands[0].worker.removeprefix("http://")
        found = await _examine(system, door_bind=NOBODY, web_bind=bind)

    assert found["worker"].state is State.WARN
    assert "works for another Kafka" in found["worker"].says


async def _sees_what_waits(system: System, door: Role, worker: Role) -> None:
    await _deliver(door, BODY)
    await _deliver(door, {"id": 2})

    async def has_taken_both() -> Findings | None:
        found = await _examine(system, door_bind=_bind(door), web_bind=_bind(worker))
        waits = found["openings"].says.startswith("1 movements wait")
        return found if waits and found["quarantine"].state is State.WARN else None

    found = await eventually(has_taken_both, TAKEN_WITHIN_S)
    assert found is not None
    assert _states(found, "door", "worker", "clocks", "entries") == {State.OK}
    assert _states(found, "lag of translate", "lag of keep_stock") == {State.OK}
    assert found["quarantine"].says.startswith("1 set aside")


async def _sees_a_changed_topic(system: System) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=system.kafka)
    await admin.start()
    try:
        changed: Any = {"message.timestamp.type": "CreateTime"}
        await admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, JOURNAL.name, configs=changed)]
        )
    finally:
        await admin.close()
    found = await _examine(system)

    assert found["topic settings"].state is State.FAIL
    assert "stock.journal.v1: message.timestamp.type is CreateTime" in found["topic settings"].says
    assert "door" not in found  # figures of wrong topics would mislead
    assert (await _examine(system, partitions=3))["topics"].state is State.FAIL


async def _examine(system: System, **given: Any) -> Findings:
    settings = system.settings.model_copy(update=given)
    return {found.about: found async for found in diagnoses(settings, datetime.now(UTC))}


def _states(found: Findings, *abouts: str) -> set[State]:
    return {found[about].state for about in abouts}


def _bind(role: Role) -> str:
    return role.url.removeprefix("http://")


async def _deliver(door: Role, body: dict[str, Any]) -> None:
    url = f"{door.url}/clarus/{SECRET}/stock/positively_adjusted"
    async with aiohttp.ClientSession() as client, client.post(url, json=body) as answer:
        assert answer.status == 202
