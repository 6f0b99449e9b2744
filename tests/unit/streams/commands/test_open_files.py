"""Commands started with the usual limit of open files; Kafka is away all the time."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from streams.broker.ports import draw_port
from streams.commands.say import EXIT_CONFIG, EXIT_UNAVAILABLE
from streams.engine.end import EXIT_RESTART
from tests.support.doors import SECRET
from tests.support.kafka import eventually

SOFT = 100  # too few for every lane that is asked for here
PARTITIONS = 100  # 200 lanes
TOO_FEW, ENOUGH = 400, 500
SOON_S = 50.0  # a start takes seconds of a core
LIMITED = f'ulimit -Sn {SOFT} && ulimit -Hn "$0" && exec "$@"'


def started(command: str, hard: int, folder: Path) -> subprocess.Popen[str]:
    inherited = {name: v for name, v in os.environ.items() if not name.startswith("STOCK_")}
    given = {
        "STOCK_KAFKA": "127.0.0.1:1",
        "STOCK_HOME": str(folder),
        "STOCK_DOOR_BIND": f"127.0.0.1:{draw_port()}",
        "STOCK_DOOR_SECRET": SECRET,
        "STOCK_CLARUS__ACCOUNTS": '["NPK"]',
        "STOCK_PARTITIONS": str(PARTITIONS),
    }
    program = [sys.executable, "-m", "streams", *command.split()]
    return subprocess.Popen(
        ["/bin/sh", "-c", LIMITED, str(hard), *program],
        env=inherited | given,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("hard", "warns"), [(TOO_FEW, True), (ENOUGH, False)])
def test_a_worker_warns_where_it_could_not_have_all_lanes(
    hard: int, warns: bool, tmp_path: Path
) -> None:
    """It takes as many files as it is granted, and runs: others may have the other lanes."""
    port = draw_port()
    with socket.create_server(("127.0.0.1", port)):  # so that it ends by itself
        worker = started(f"worker --once --web-port {port}", hard, tmp_path)
        log, _ = worker.communicate(timeout=SOON_S)

    assert worker.returncode == EXIT_RESTART
    assert ("files.too_few" in log) == warns, log
    assert (f"this process may have {TOO_FEW}" in log) == warns


@pytest.mark.parametrize(
    ("hard", "code", "told"),
    [
        (TOO_FEW, EXIT_CONFIG, f"stock: 200 lanes take some .* may have {TOO_FEW}: .*ulimit -n"),
        (ENOUGH, EXIT_UNAVAILABLE, "stock: Kafka at .* does not answer"),
    ],
)
def test_a_rebuild_refuses_where_it_cannot_have_all_lanes(
    hard: int, code: int, told: str, tmp_path: Path
) -> None:
    """It needs them all at once, whoever else there is; said in one line, before Kafka is asked."""
    rebuild = started("rebuild", hard, tmp_path)
    _, complaint = rebuild.communicate(timeout=SOON_S)

    assert rebuild.returncode == code, complaint
    assert len(complaint.splitlines()) == 1
    assert re.match(told, complaint)


async def test_a_door_takes_as_many_files_as_it_is_granted(tmp_path: Path) -> None:
    """Each of its callers is one, and it may be told to have thousands at once."""
    door = started("door", ENOUGH, tmp_path)
    try:
        as_granted = (ENOUGH, ENOUGH)
        process = psutil.Process(door.pid)
        await eventually(lambda: process.rlimit(psutil.RLIMIT_NOFILE) == as_granted, SOON_S)
    finally:
        door.kill()
        door.communicate()
