"""`--chaos` on real processes: what it kills, and what it leaves.

Not covered: that supervisors start door and workers again (see `test_up.py`).
"""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

from streams.broker import LocalKafka
from streams.demo.chaos import KAFKA, wreak
from streams.demo.stage import Stage
from streams.roles import roles_of
from streams.settings import Settings
from streams.supervisor import is_set_within

TIMES_FASTER = 2_000
FOR_EVER = ("sleep", "3600")


async def hurried(stop: asyncio.Event, seconds: float) -> bool:
    """Wait as chaos does, by a clock that runs fast."""
    return await is_set_within(stop, seconds / TIMES_FASTER)


def stage_in(folder: Path) -> Stage:
    """Return a stage on which nobody has been started yet."""
    settings = Settings(home=folder)
    return Stage(settings, roles_of(settings, 1))


def first_of(killed: list[str], stop: asyncio.Event) -> Callable[[str], None]:
    """Return what notes a kill, and asks for the end right then."""

    def note(name: str) -> None:
        killed.append(name)
        stop.set()

    return note


async def test_kafka_runs_when_chaos_has_ended(own_kafka: LocalKafka, tmp_path: Path) -> None:
    """Asked to end while Kafka is dead, it starts it first: all else could not heal."""
    await asyncio.to_thread(own_kafka.start)
    before, killed, stop = own_kafka.pid, list[str](), asyncio.Event()

    note = first_of(killed, stop)
    await wreak(stage_in(tmp_path), own_kafka, note, stop, seed=1, wait=hurried)

    assert killed == [KAFKA]
    assert own_kafka.status().is_ready
    assert own_kafka.pid != before


async def test_others_are_killed_while_kafka_starts(own_kafka: LocalKafka, tmp_path: Path) -> None:
    """Kafka takes seconds to start, and minutes on a busy machine: chaos does not wait for it."""
    await asyncio.to_thread(own_kafka.start)
    process = await asyncio.create_subprocess_exec(*FOR_EVER)
    stage, killed, stop = stage_in(tmp_path), list[str](), asyncio.Event()
    is_ready: list[bool] = []

    def note(name: str) -> None:
        killed.append(name)
        is_ready.append(own_kafka.status().is_ready)
        if len(killed) == 1:
            stage.processes["worker-1"] = process
        else:
            stop.set()

    await wreak(stage, own_kafka, note, stop, seed=1, wait=hurried)

    assert killed == [KAFKA, "worker-1"]
    assert is_ready == [False, False]
    assert own_kafka.status().is_ready
    assert await process.wait() == -signal.SIGKILL


async def test_a_process_is_killed_without_a_warning(tmp_path: Path) -> None:
    """Kill -9: it has no chance to put anything in order. A Kafka of yours is left alone."""
    process = await asyncio.create_subprocess_exec(*FOR_EVER)
    stage, killed, stop = stage_in(tmp_path), list[str](), asyncio.Event()
    stage.processes["worker-1"] = process

    await wreak(stage, None, first_of(killed, stop), stop, seed=1, wait=hurried)

    assert await process.wait() == -signal.SIGKILL
    assert killed == ["worker-1"]


async def test_who_has_ended_already_is_not_counted(tmp_path: Path) -> None:
    """A kill that hit nobody is none, and its process's number may be another's by now."""
    ended, runs = [await asyncio.create_subprocess_exec(*FOR_EVER) for _ in range(2)]
    ended.kill()
    await ended.wait()
    stage, killed, stop = stage_in(tmp_path), list[str](), asyncio.Event()
    stage.processes |= {"worker-1": ended, "worker-2": runs}

    await wreak(stage, None, first_of(killed, stop), stop, seed=1, wait=hurried)
    await runs.wait()

    assert killed == ["worker-2"]
