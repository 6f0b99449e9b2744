"""Locks on files, which the system takes back from whoever dies."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(lock_file: Path) -> Iterator[int]:
    """Hold the file alone; waits for whoever holds it, thread or process.

    Yields the descriptor that holds: a process that inherits it holds on after we let go.
    """
    with lock_file.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def is_held(lock_file: Path) -> bool:
    """Say whether somebody holds the file alone."""
    try:
        with lock_file.open() as file:
            # Shared: two who ask at once must not take each other for the holder.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
