"""A slice of the retailer's day through the real door and real workers, while things die.

Each ends with `stock verify` agreeing, every level and fate as the warehouse itself has them, and
each entry once for a reader of committed records. Not covered here: the door killed (see the
demo's `--chaos`), and Kafka on several brokers.
"""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from streams.broker import LocalKafka
from streams.demo.alongside import alongside
from streams.demo.compare import compare
from streams.demo.figures import Figures
from streams.demo.tail import Tail
from streams.sandbox import SHIPPED_DAYS, Faults, Progress, Sandbox, Scenario, send_products
from streams.topics import JOURNAL
from tests.support.history import Told, check, read_log
from tests.support.kafka import eventually, read_all
from tests.support.system import SECRET, Role, System

pytestmark = pytest.mark.timeout(240)

SCENARIO = Scenario(
    days=SHIPPED_DAYS[:1],
    orders_max=40,
    faults=Faults(duplicates_share=0.02, reordered_share=0.02, conflicts=2, poison=4),
)
SPEED = 4_000.0  # the day in some 10 s, so that there is time to die in
ENGINE = "[engine]\nsession_timeout_ms = 2000\n"  # a dead member's partitions move after it
DRAINED_WITHIN_S = 90.0
FOR_EVER_S = 3_600.0
TAKEN_OVER_WITHIN_S = 60.0
EXIT_WITHIN_S = 30.0


@dataclass
class Day:
    """The day while it is told."""

    system: System
    sandbox: Sandbox
    progress: Progress | None = None

    async def until(self, share: float) -> None:
        """Wait until that share of the day has been told."""
        await eventually(lambda: self._told() >= share, DRAINED_WITHIN_S)

    async def tell(self, door: Role) -> None:
        await self.sandbox.play(door.url, SECRET, speed=SPEED, on_progress=self._note)

    async def worker(self) -> Role:
        """Start one more worker; return it when it is ready."""
        worker = self.system.start_worker()
        await self.system.ready(worker)
        return worker

    async def keep_one_running(self) -> None:
        """Start a worker again whenever all have ended, as a supervisor would; until cancelled."""
        while True:
            await eventually(self._nobody_works, FOR_EVER_S)
            self.system.start_worker()

    def _nobody_works(self) -> bool:
        return not any(role.runs for role in self.system.roles if role.name.startswith("worker"))

    def _note(self, progress: Progress) -> None:
        self.progress = progress

    def _told(self) -> float:
        if self.progress is None or not self.progress.planned:
            return 0.0
        return self.progress.sent / self.progress.planned


@asynccontextmanager
async def a_day(kafka: LocalKafka, folder: Path) -> AsyncIterator[tuple[Day, Role]]:
    """Give the day while it is told, and its first worker; at the end, hold it against life."""
    await asyncio.to_thread(kafka.start)
    sandbox = Sandbox(SCENARIO)
    async with System(kafka.bootstrap, folder / "system", sandbox.stock_toml() + ENGINE) as system:
        door, worker = system.start_door(), system.start_worker()
        figures = Figures()
        tail = Tail(system.settings, figures)
        day = Day(system, sandbox)
        await _open(system, sandbox, door, worker)
        async with alongside(tail.run()), alongside(day.keep_one_running()):
            telling = asyncio.create_task(day.tell(door))
            try:
                yield day, worker
                await telling
            finally:
                telling.cancel()
            await eventually(tail.has_drained, DRAINED_WITHIN_S)
            await tail.close()
        await _check(system, sandbox, figures)


async def _open(system: System, sandbox: Sandbox, door: Role, worker: Role) -> None:
    await send_products(system.settings, sandbox.products())
    await system.ready(door)
    await system.ready(worker)
    await sandbox.play(door.url, SECRET, until=sandbox.loads_at)
    position = system.folder / "opening.csv"
    sandbox.write_opening(position)
    await system.command("opening", "load", str(position), "--at", sandbox.opens_at.isoformat())


async def _check(system: System, sandbox: Sandbox, figures: Figures) -> None:
    assert compare(figures, sandbox.truth()).differences == ()
    assert check(await read_log(system.settings), Told(secrets=(SECRET.encode(),))) == []
    verdict = orjson.loads(await system.command("verify", "--json"))
    entries = await read_all(system.kafka, JOURNAL.name)
    ids = Counter(orjson.loads(entry.value or b"")["entry_id"] for entry in entries)

    assert verdict["agrees"], verdict
    assert [entry_id for entry_id, times in ids.items() if times > 1] == []


async def exit_code(role: Role) -> int:
    await eventually(lambda: not role.runs, EXIT_WITHIN_S)
    return role.process.wait()


async def test_a_worker_killed_in_the_middle_of_a_day(
    own_kafka: LocalKafka, tmp_path: Path
) -> None:
    """Kill -9 costs seconds, and no figure."""
    async with a_day(own_kafka, tmp_path) as (day, worker):
        await day.until(0.3)
        worker.process.kill()
        await day.until(1.0)


async def test_the_broker_killed_in_the_middle_of_a_day(
    own_kafka: LocalKafka, tmp_path: Path
) -> None:
    """Clarus is told to call again, workers wait or are started again, and no figure is wrong."""
    async with a_day(own_kafka, tmp_path) as (day, _):
        await day.until(0.3)
        own_kafka.kill()
        await asyncio.to_thread(own_kafka.start)
        await day.until(1.0)


@pytest.mark.long
async def test_a_second_worker_joins_and_leaves_in_the_middle_of_a_day(
    own_kafka: LocalKafka, tmp_path: Path
) -> None:
    """Cards go to and fro between two workers, and no figure with them."""
    async with a_day(own_kafka, tmp_path) as (day, worker):
        await day.until(0.2)
        second = await day.worker()
        await day.until(0.6)
        second.process.send_signal(signal.SIGTERM)

        assert await exit_code(second) == 0
        await day.system.ready(worker)


@pytest.mark.long
async def test_a_worker_frozen_beyond_its_session_in_the_middle_of_a_day(
    own_kafka: LocalKafka, tmp_path: Path
) -> None:
    """A sleeper whose cards another took over writes nothing when it wakes."""
    async with a_day(own_kafka, tmp_path) as (day, worker):
        await day.until(0.3)
        worker.process.send_signal(signal.SIGSTOP)
        await day.worker()
        await day.until(0.6)
        worker.process.send_signal(signal.SIGCONT)
        await eventually(lambda: not worker.runs or is_a_member_again(worker), EXIT_WITHIN_S)


def is_a_member_again(worker: Role) -> bool:
    return worker.log.count("lanes.assigned") > 1
