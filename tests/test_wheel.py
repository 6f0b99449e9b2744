"""What a company installs: the wheel and the lock alone, in an environment of their own."""

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.support.source import LAYERS, ROOT

UV = os.environ.get("UV", "uv")  # `uv run` says which one it is

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(UV, "build", "--quiet", "--wheel", "--out-dir", folder, ROOT)
    (made,) = folder.glob("*.whl")
    return made


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def test_the_wheel_holds_every_file(wheel: Path) -> None:
    """Schemas, pages, locks, properties, the shipped days: nothing of the layers is left out."""
    expected = {
        path.relative_to(ROOT).as_posix()
        for layer in LAYERS
        for path in (ROOT / layer).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert expected == {
        name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name
    }


def test_the_wheel_runs_on_the_lock_alone(wheel: Path, tmp_path: Path) -> None:
    """Every command imports and speaks without what only tests and a local Kafka need."""
    venv = tmp_path / "venv"
    lock = ROOT / ".ci/requirements.lock"
    run(UV, "venv", "--quiet", venv)
    install = (UV, "pip", "install", "--quiet", "--python", venv)
    run(*install, "--require-hashes", "-r", lock)
    run(*install, "--no-deps", wheel)

    said = run(venv / "bin/stock", "--help")
    schema = run(venv / "bin/stock", "schema", "stock.journal.v1")
    compared = (venv / "bin/stock", "bench", "--peers")
    refused = subprocess.run(compared, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert "quarantine" in said
    assert "urn:stock-ledger:stock.journal.v1" in schema
    assert refused.returncode == 2
    assert "stock: --peers runs from a clone" in refused.stderr
