"""`stock opening load` as typed; what it writes is for `tests/broker/test_opening.py`."""

import os
import subprocess
import sys
from pathlib import Path

from streams.opening_file import COLUMNS

POSITION = ",".join(COLUMNS) + "\nNPK,LEEDS,MUG,52,,\nNPK,LEEDS,MUG,,48817,2\n"


def test_a_position_may_come_through_a_pipe(tmp_path: Path) -> None:
    """In a container there is no file of yours: `< position.csv` is all that reaches it."""
    inherited = {name: v for name, v in os.environ.items() if not name.startswith("STOCK_")}
    loaded = subprocess.run(
        [
            *(sys.executable, "-m", "streams", "opening", "load", "/dev/stdin"),
            *("--at", "2026-07-03T06:00:00Z", "--dry-run"),
        ],
        env={**inherited, "STOCK_CLARUS__ACCOUNTS": '["NPK"]', "STOCK_HOME": str(tmp_path)},
        cwd=tmp_path,
        input=POSITION,
        capture_output=True,
        text=True,
        check=False,
    )

    assert loaded.returncode == 0, loaded.stderr
    assert loaded.stdout.startswith("would open (nothing is written) NPK at LEEDS at 2026-07-03")
    assert "1 SKUs, 1 levels, 1 held records" in loaded.stdout
