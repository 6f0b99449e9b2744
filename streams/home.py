"""The folders of this installation, in STOCK_HOME: made where they are missing, and ours alone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.broker.exclusive import exclusive, is_held
from streams.engine.errors import RefusesToRun
from streams.settings import Settings

FOR_US_ALONE = 0o700


def folder_in_home(settings: Settings, name: str = "") -> Path:
    """Return a folder in STOCK_HOME, or that one itself; made where it is missing.

    Raises `RefusesToRun` where it cannot be made, or nothing can be written into it.
    """
    folder = settings.home.expanduser().resolve() / name
    try:
        folder.mkdir(mode=FOR_US_ALONE, parents=True, exist_ok=True)
    except OSError as error:
        raise _not_ours(folder, f"cannot be made ({error.strerror})") from None
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise _not_ours(folder, "cannot be written to")
    return folder


@contextmanager
def one_at_a_time(lock: Path, what: str) -> Iterator[None]:
    """Hold a lock for the block; raise `RefusesToRun` where another of the same holds it."""
    if is_held(lock):
        raise RefusesToRun(
            f"another {what} runs in {lock.parent}: end it with Ctrl-C, or set STOCK_HOME to a "
            "new folder"
        )
    with exclusive(lock):
        yield


def _not_ours(folder: Path, why: str) -> RefusesToRun:
    return RefusesToRun(f"{folder} {why}: set STOCK_HOME to a folder of yours")
