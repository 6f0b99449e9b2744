"""`stock bench --peers`: whoever can run here runs, and ours is right after a kill -9."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bench.peers.catalogue import OURS, PEERS
from tests.bench.peers.quix_venv import found_uv
from tests.bench.peers.table import COUNTS
from tests.bench.peers.truth import WITHOUT_A_KILL

WRONG = (*COUNTS, *(f"{count}{WITHOUT_A_KILL}" for count in COUNTS))
NEED_NOTHING = {"ours", "bare_loop", "faust_take", "faust_agent"}  # that a clone lacks
QUIX = "quix_streams"  # needs `uv`, and an index that has what it installs


def compared(home: Path) -> dict[str, Any]:
    told = subprocess.run(
        [sys.executable, "-m", "streams", "bench", "--peers", "--quick", "--json"],
        # All of it: where `uv` lies, and how it comes to its index, each machine has its own way.
        env=os.environ | {"STOCK_HOME": str(home)},
        capture_output=True,
        check=False,
        text=True,
    )

    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_everybody_runs_and_ours_is_right_in_peace_and_after_a_kill(tmp_path: Path) -> None:
    """Nobody is left out without a reason; ours has nothing wrong, in peace or after a kill.

    Where there is `uv`, only what it says itself keeps Quix Streams out.
    """
    told = compared(tmp_path)
    measured = {figure["bench"] for figure in told["figures"]}
    ours = {f["measure"]: f["largest"] for f in told["figures"] if f["bench"] == OURS.name}

    assert {peer.name for peer in PEERS} == measured | told["skipped"].keys()
    assert measured >= NEED_NOTHING, told["skipped"]
    assert QUIX in measured or not found_uv() or "`uv " in told["skipped"][QUIX], told["skipped"]
    assert ours["movements_per_s"] > 0
    assert ours["start_after_kill_s"] > 0
    assert {name: ours[name] for name in WRONG} == dict.fromkeys(WRONG, 0)
    assert not (tmp_path / "bench").exists()
