"""Which process is the broker of a folder, whoever started it and whenever."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streams.broker.errors import BrokerError
from streams.broker.exclusive import exclusive, is_held
from streams.broker.waiting import wait_until

NOTED_WITHIN_S = 5.0  # a process that has begun to be the broker has written who it is by then


@dataclass(frozen=True, slots=True)
class Running:
    """A broker that runs: its process, and the port it was started on."""

    pid: int
    port: int


class PidFile:
    """The broker's note of itself.

    Invariant: the broker holds a lock on the file from before its first step until the system
    has closed its files. A note that nobody holds is of the past, and its number anybody's: a
    command line would show too late that a process has begun, and too early that it has ended.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    @contextmanager
    def begin(self) -> Iterator[int]:
        """Begin a note; yields the descriptor which the broker must inherit."""
        with exclusive(self._file) as descriptor:
            self._file.write_text("")
            yield descriptor

    def running(self) -> Running | None:
        """Return the broker that runs, None where none does."""
        if not is_held(self._file):
            return None
        if not wait_until(lambda: bool(self._file.read_text()), NOTED_WITHIN_S):
            raise BrokerError(f"a process holds {self._file} and has not noted who it is: end it")
        pid, port = self._file.read_text().split()
        return Running(int(pid), int(port))
