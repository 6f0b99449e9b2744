"""`stock demo` as a stranger runs it: a process, its exit code, and nothing left behind.

Not covered: the terminal's live view, which people look at.
"""

import asyncio
import json
import os
import signal
import sys
import tomllib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from tests.support.kafka import eventually
from tests.support.processes import still_running

READY_WITHIN_S = 60.0
ENDS_WITHIN_S = 30.0
SMALL = ("--orders", "5")
UNDER_FIRE = ("--orders", "60", "--speed", "1000", "--chaos")  # long enough for some to be killed
PLANTED = "PLANTED-1"


@asynccontextmanager
async def running_demo(
    home: Path, wanted: Sequence[str] = SMALL
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a small demo; whatever becomes of it, it ends with the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "streams", "demo", *wanted, "--exit", "--json"),
        env={**os.environ, "STOCK_HOME": str(home), "STOCK_PARTITIONS": "2"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()


async def ended(process: asyncio.subprocess.Process) -> tuple[int, dict[str, Any], str]:
    """Return its exit code, its facts and what it told people."""
    said, told = await process.communicate()
    return process.returncode or 0, json.loads(said or b"{}"), told.decode()


def settings_of(home: Path) -> dict[str, Any]:
    """Return the demo's own settings; nothing before it has written them."""
    config = home / "demo" / "stock.toml"
    return tomllib.loads(config.read_text()) if config.exists() else {}


async def tell(home: Path, body: dict[str, Any]) -> bool:
    """Tell the demo's door one thing; False while nobody answers there."""
    settings = settings_of(home)
    if "door_bind" not in settings:
        return False
    secret = (home / "demo" / "door-secret").read_text()
    url = f"http://{settings['door_bind']}/clarus/{secret}/stock/received"
    try:
        async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
            return answer.status == 202
    except aiohttp.ClientError:
        return False


async def test_a_small_day_agrees_with_both_proofs(tmp_path: Path) -> None:
    """Exit 0, every delivery with one fate; in what it wrote no secret, nor what moves a cursor."""
    async with running_demo(tmp_path) as process:
        code, facts, told = await ended(process)

    assert code == 0, told
    assert facts["verify"]["agrees"]
    assert facts["truth"]["agrees"]
    assert facts["items"]["adds_up"]
    assert facts["movements"]["adds_up"]
    assert facts["quarantined"]
    secret = (tmp_path / "demo" / "door-secret").read_text()
    logs = [file.read_text() for file in (tmp_path / "demo" / "logs").iterdir()]
    assert not any(secret in text for text in (*logs, told, json.dumps(facts)))
    assert not any(character in text for text in logs for character in "\x1b\b")


async def test_what_the_warehouse_did_not_do_is_found(tmp_path: Path) -> None:
    """One delivery the sandbox knows nothing of: a wrong level, and exit 1 that names it."""
    async with running_demo(tmp_path) as process:
        await eventually((tmp_path / "demo" / "door-secret").exists, READY_WITHIN_S)
        clarus = (await eventually(lambda: settings_of(tmp_path), READY_WITHIN_S))["clarus"]
        body = {
            "id": 999_999_999,
            "quantity": 3,
            "created_at": "2011-10-25T12:00:00Z",
            "product": {"code": PLANTED},
            "warehouse": {"code": next(iter(clarus["sites"]))},
            "account": {"code": clarus["accounts"][0]},
        }
        await eventually(lambda: tell(tmp_path, body), READY_WITHIN_S)
        code, facts, told = await ended(process)

    assert code == 1, told
    assert not facts["truth"]["agrees"]
    assert any(PLANTED in difference for difference in facts["truth"]["differences"])


async def test_ctrl_c_leaves_no_process(tmp_path: Path) -> None:
    """Door, workers and Kafka end with it, in order and without a trace of Python's."""
    async with running_demo(tmp_path) as process:
        mine = psutil.Process(process.pid)
        await eventually(lambda: len(mine.children()) >= 2, READY_WITHIN_S)
        kafka = int((tmp_path / "demo" / "kafka" / "pid").read_text().split()[0])
        started = [*mine.children(recursive=True), psutil.Process(kafka)]
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(ENDS_WITHIN_S):
            code, _, told = await ended(process)

    assert code == 130
    assert "Traceback" not in told
    assert still_running(started) == []


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_chaos_costs_no_figure(tmp_path: Path) -> None:
    """Processes killed at random while the day is told: both proofs agree all the same."""
    async with running_demo(tmp_path, UNDER_FIRE) as process:
        code, facts, told = await ended(process)

    assert code == 0, told
    assert facts["killed"]
    assert facts["verify"]["agrees"]
    assert facts["truth"]["agrees"]
