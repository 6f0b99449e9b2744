"""`stock door` as a process: how it starts, refuses and ends. Kafka is away all the time."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import pytest

from streams.broker.ports import draw_port
from streams.supervisor import SUPERVISED_VARIABLE
from tests.support.doors import EVENT_PATH, SECRET
from tests.support.kafka import eventually

STARTS_WITHIN_S = 20.0
ENDS_WITHIN_S = 15.0


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    inherited = {name: v for name, v in os.environ.items() if not name.startswith("STOCK_")}
    return inherited | {
        "STOCK_KAFKA": "127.0.0.1:1",
        "STOCK_HOME": str(tmp_path),
        "STOCK_DOOR_BIND": f"127.0.0.1:{draw_port()}",
    }


@pytest.fixture
async def door(
    environment: dict[str, str], tmp_path: Path
) -> AsyncIterator[subprocess.Popen[bytes]]:
    process = _started(environment, tmp_path / "log")
    try:
        await eventually(lambda: _status(environment, "/livez"), STARTS_WITHIN_S)
        yield process
    finally:
        process.kill()
        process.communicate()


async def test_door_ends_in_order_and_has_said_no_secret(
    door: subprocess.Popen[bytes], environment: Mapping[str, str], tmp_path: Path
) -> None:
    """SIGTERM is an exit code 0; the log of a whole life has no secret in it."""
    assert await _status(environment, "/readyz") == 503
    assert await _status(environment, EVENT_PATH, "POST") == 503

    door.send_signal(signal.SIGTERM)
    code = await asyncio.to_thread(door.wait, ENDS_WITHIN_S)
    log = (tmp_path / "log").read_text()

    assert code == 0, log
    assert "door.opened" in log
    assert "door.closed" in log
    assert SECRET not in log


async def test_supervised_door_ends_with_its_parent(door: subprocess.Popen[bytes]) -> None:
    """However the parent ended: the end of its pipe is what tells."""
    assert door.stdin is not None
    door.stdin.close()

    assert await asyncio.to_thread(door.wait, ENDS_WITHIN_S) == 0


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "the door needs STOCK_DOOR_SECRET"),
        ({"STOCK_DOOR_SECRET": SECRET, "STOCK_DOOR_BIND": "192.0.2.1:8480"}, "STOCK_DOOR_BIND"),
    ],
)
def test_door_refuses_with_one_line(
    environment: Mapping[str, str], given: Mapping[str, str], why: str
) -> None:
    """Exit 78, what is wrong and what to do; no traceback, no secret."""
    ended = subprocess.run(
        [sys.executable, "-m", "streams", "door"],
        env={**environment, **given},
        capture_output=True,
        text=True,
        check=False,
        timeout=STARTS_WITHIN_S,
    )

    assert ended.returncode == 78, ended.stderr
    assert ended.stderr.startswith(f"stock: {why}")
    assert ended.stderr.count("\n") == 1
    assert SECRET not in ended.stderr + ended.stdout


def _started(environment: dict[str, str], log_file: Path) -> subprocess.Popen[bytes]:
    with log_file.open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "streams", "door"],
            env=environment | {"STOCK_DOOR_SECRET": SECRET, SUPERVISED_VARIABLE: "1"},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )


async def _status(environment: Mapping[str, str], path: str, method: str = "GET") -> int | None:
    url = f"http://{environment['STOCK_DOOR_BIND']}{path}"
    try:
        async with (
            aiohttp.ClientSession() as client,
            client.request(method, url, json={} if method == "POST" else None) as answer,
        ):
            return answer.status
    except aiohttp.ClientError:
        return None
