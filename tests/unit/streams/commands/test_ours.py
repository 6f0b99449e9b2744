"""What writes for good, run in a folder that is not the company's. Kafka is away."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli import stock
from streams.commands.say import EXIT_CONFIG, EXIT_UNAVAILABLE

PLACE = "--at 2026-07-03T06:00:00Z --account NKP --site LEEDS"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run in a folder without settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STOCK_KAFKA", "127.0.0.1:1")
    return tmp_path


@pytest.mark.parametrize(
    "words", [f"opening load {PLACE}", f"opening load {PLACE} --dry-run", "chart apply"]
)
def test_a_folder_that_names_no_account_writes_nothing(words: str) -> None:
    """A typing error would pass, no site be mapped, another chart count; one line and exit 78."""
    refused = CliRunner().invoke(stock, words.split())

    assert (refused.exit_code, refused.stdout) == (EXIT_CONFIG, "")
    assert len(refused.stderr.splitlines()) == 1
    assert "STOCK_CLARUS__ACCOUNTS" in refused.stderr


@pytest.mark.parametrize("words", [f"opening load {PLACE.replace('NKP', 'NPK')}", "chart apply"])
def test_the_company_s_folder_goes_on_to_kafka(words: str, folder: Path) -> None:
    """Only the missing accounts were in the way."""
    (folder / "stock.toml").write_text('[clarus]\naccounts = ["NPK"]\n')

    assert CliRunner().invoke(stock, words.split()).exit_code == EXIT_UNAVAILABLE
