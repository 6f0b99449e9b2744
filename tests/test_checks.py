"""The checkers of style, types, layers and the compose file: there is one gate, not two."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = Path(sysconfig.get_path("scripts"))
CHECKS = {
    "lint": ("ruff", "check", "--quiet", "."),
    "format": ("ruff", "format", "--check", "--quiet", "."),
    "layers": ("lint-imports", "--no-cache"),
    "compose": (
        "check-jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        "docker-compose.yml",
    ),
    "types": ("basedpyright", "--pythonpath", sys.executable),
}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("check", CHECKS)
def test_check_finds_nothing(check: str) -> None:
    """What the checker has to say is empty; a failure shows it."""
    program, *arguments = CHECKS[check]

    done = subprocess.run(
        [SCRIPTS / program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
