"""`stock demo` with a file of yours that cannot be played: one line, exit 2, nothing started.

What can be wrong with a line is for `test_lines_file.py`; that a day plays, for
`tests/broker/test_demo.py`.
"""

import gzip
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from streams.cli import stock
from streams.commands.say import EXIT_USAGE
from streams.sandbox.lines_file import COLUMNS
from tests.support.verbs import command_at

HEADER = ",".join(COLUMNS)
GOOD = "1,A,MUG,5,2011-06-01 09:00:00,1.25,17850.0"


def demo(folder: Path, *options: str) -> Result:
    """Ask for a demo; a wrong file must be found before anything starts."""
    environment = {"STOCK_HOME": str(folder / "home"), "STOCK_KAFKA": "127.0.0.1:1"}
    return CliRunner().invoke(stock, ["demo", "--exit", *options], env=environment)


def file_of(folder: Path, *lines: str) -> Path:
    file = folder / "lines.csv.gz"
    file.write_bytes(gzip.compress("\n".join((HEADER, *lines, "")).encode()))
    return file


def test_a_file_that_does_not_read_is_one_line(tmp_path: Path) -> None:
    """Which line, what about it, what to do."""
    file = file_of(tmp_path, GOOD, GOOD.replace("1.25", '"1,25"'))
    ended = demo(tmp_path, "--input", str(file))

    assert (ended.exit_code, ended.stdout) == (EXIT_USAGE, "")
    assert ended.stderr == (
        f"stock: --input {file}: line 3: UnitPrice '1,25': pounds are wanted, as 1.25\n"
    )
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("day", ["9999-12-31", "2011-06-02", "0001-01-01"])
def test_a_day_without_lines_is_one_line(day: str, tmp_path: Path) -> None:
    """The last day there can be has none after it."""
    ended = demo(tmp_path, "--input", str(file_of(tmp_path, GOOD)), "--day", day, "--days", "2")

    assert (ended.exit_code, ended.stdout) == (EXIT_USAGE, "")
    assert ended.stderr == "stock: there is nothing to play: there are no lines to play\n"


def test_the_help_says_what_the_file_must_be() -> None:
    """Every column by name: nobody need read the source."""
    demo = command_at(["demo"])
    (said,) = [option.help for option in demo.params if "--input" in option.opts]

    assert "gzipped CSV in UTF-8" in said
    assert [name for name in COLUMNS if name not in said] == []
