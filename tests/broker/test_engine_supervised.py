"""A worker and who restarts it: what is restarted, and what stops for a person."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from streams.broker import LocalKafka
from streams.broker.ports import draw_port
from streams.supervisor import SAME_FAILURE_MAX, Child, ChildCannotRun, keep_running
from tests.support.ground import Ground
from tests.support.kafka import eventually
from tests.support.system import System
from tests.support.workers import LOG_TAIL_CHARS, SESSION, STEADY_SESSION_MS, engine_worker

STOPPED_WITHIN_S = 120.0
AWAY_S = 60.0
BACK_WITHIN_S = 60.0
TOML = '[clarus]\naccounts = ["HARBOUR"]\n'


def child(ground: Ground, folder: Path, **more: str) -> Child:
    environment = ground.environment() | more | {"STOCK_HOME": str(folder / "home")}
    return Child("worker", (), environment, folder / "worker.log", engine_worker(port=draw_port()))


@asynccontextmanager
async def kept_running(one: Child) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(keep_running([one], stop))
    try:
        yield
    finally:
        stop.set()
        await running


async def test_poison_for_our_own_code_stops_and_names_the_record(
    ground: Ground, tmp_path: Path
) -> None:
    """Three times the same failure on the same record: restarting is over, and a person told."""
    await ground.send(20)
    await ground.send_raw(ground.names.deliveries, (b"K1", b"poison"))
    one = child(ground, tmp_path, **{SESSION: str(STEADY_SESSION_MS)})

    with pytest.raises(ChildCannotRun) as stopped:
        async with asyncio.timeout(STOPPED_WITHIN_S):
            await keep_running([one], asyncio.Event())

    said = str(stopped.value)
    assert f"{SAME_FAILURE_MAX} times on the same record: add/1: ArithmeticError" in said
    assert f"{ground.names.movements}/1 offset 10" in said, said
    assert one.log_file is not None
    assert one.log_file.read_text().count("lanes.assigned") == SAME_FAILURE_MAX


@pytest.mark.long
async def test_the_broker_away_for_a_minute(own_kafka: LocalKafka, tmp_path: Path) -> None:
    """However long Kafka is away: under a supervisor the work goes on by itself."""
    await asyncio.to_thread(own_kafka.start)
    async with Ground(own_kafka.bootstrap, tmp_path) as ground:
        one = child(ground, tmp_path)
        assert one.log_file is not None
        async with kept_running(one):
            async with ground.load():
                await eventually(lambda: is_at(ground, 200), BACK_WITHIN_S)
                own_kafka.kill()
                await asyncio.sleep(AWAY_S)
                await asyncio.to_thread(own_kafka.start)
            await eventually(lambda: is_at(ground, len(ground.sent)), BACK_WITHIN_S)
        print(one.log_file.read_text()[-LOG_TAIL_CHARS:])  # noqa: T201 (shown on failure)
        await ground.check()


async def test_a_worker_that_starts_before_kafka_waits_for_it(
    own_kafka: LocalKafka, tmp_path: Path
) -> None:
    """In the same process: each start costs seconds of a core, which Kafka then needs itself."""
    await asyncio.to_thread(own_kafka.start)
    async with System(own_kafka.bootstrap, tmp_path / "system", TOML) as system:
        await asyncio.to_thread(own_kafka.stop)
        worker = system.start_worker()
        await eventually(lambda: '"kafka.away"' in worker.log or not worker.runs, AWAY_S)
        await asyncio.to_thread(own_kafka.start)
        await system.ready(worker)

        assert worker.log.count('"kafka.away"') == 1


async def is_at(ground: Ground, count: int) -> bool:
    return len(await ground.records(ground.names.output)) >= count
