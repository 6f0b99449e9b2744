"""The folder of this installation: made, or refused in one line; one of a kind runs in it."""

import errno
from pathlib import Path

import pytest

from streams.broker.exclusive import exclusive
from streams.commands.say import EXIT_CONFIG, one_line_errors
from streams.engine.errors import RefusesToRun
from streams.home import folder_in_home, one_at_a_time
from streams.settings import Settings


def test_a_folder_is_made_for_this_user_alone(tmp_path: Path) -> None:
    """With all that is above it; a second time it is there."""
    settings = Settings(home=tmp_path / "a" / "b")
    made = folder_in_home(settings, "demo")

    assert made == folder_in_home(settings, "demo") == tmp_path / "a" / "b" / "demo"
    assert made.stat().st_mode & 0o077 == 0


def test_where_no_folder_can_be_is_refused(tmp_path: Path) -> None:
    """Below a file, or where the system lets nobody write: said, and what to do."""
    (tmp_path / "file").touch()

    with pytest.raises(RefusesToRun, match=r"file/demo cannot be made \(Not a.*: set STOCK_HOME"):
        folder_in_home(Settings(home=tmp_path / "file"), "demo")


def test_a_second_one_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    """It neither waits nor takes away what the first one works with."""
    lock = tmp_path / "lock"
    with (
        exclusive(lock),
        pytest.raises(RefusesToRun, match="another bench runs in "),
        one_at_a_time(lock, "bench"),
    ):
        pass

    with one_at_a_time(lock, "bench"):
        pass


def test_a_file_of_another_user_s_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """As one `sudo stock demo` leaves them behind."""
    with pytest.raises(SystemExit) as end, one_line_errors():
        raise PermissionError(errno.EACCES, "Permission denied", "demo.log")
    said = capsys.readouterr().err

    assert end.value.code == EXIT_CONFIG
    assert said == (
        "stock: demo.log: Permission denied: make it this user's, or set STOCK_HOME to another "
        "folder\n"
    )
