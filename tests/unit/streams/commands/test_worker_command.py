"""`stock worker` and `stock up` where no worker can run: one line, and what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streams.commands.say import EXIT_CONFIG
from tests.support.doors import SECRET


@pytest.mark.parametrize("command", ["worker", "up"])
def test_no_account_of_ours_is_one_line(command: str, tmp_path: Path) -> None:
    """Said once, before any process is started or Kafka is asked, and never as a traceback."""
    inherited = {name: v for name, v in os.environ.items() if not name.startswith("STOCK_")}
    environment = inherited | {
        "STOCK_KAFKA": "127.0.0.1:1",
        "STOCK_HOME": str(tmp_path),
        "STOCK_DOOR_SECRET": SECRET,
    }
    ended = subprocess.run(
        [sys.executable, "-m", "streams", command],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )

    assert ended.returncode == EXIT_CONFIG
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    assert "STOCK_CLARUS__ACCOUNTS" in ended.stderr
