"""The Java process of a broker's folder: started, watched, ended."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from streams.broker.jvm import java_environment
from streams.broker.last_words import end_of, last_words
from streams.broker.pid_file import PidFile, Running
from streams.broker.waiting import wait_until

# A shell between, which ends at once: the broker outlives whoever starts it, so it is nobody's
# child; and it is noted even if this process dies in the middle.
_START_AND_NOTE = '"$@" & echo "$! $0" > pid'


class BrokerProcess:
    """The process that runs in `folder`, whoever started it."""

    def __init__(self, folder: Path) -> None:
        self.log_file = folder / "broker.log"
        self._folder = folder
        self._console = folder / "console.log"
        self._log_from_byte = 0
        self._pid_file = PidFile(folder / "pid")

    def running(self) -> Running | None:
        """Return the process and its port, None where none runs."""
        return self._pid_file.running()

    def spawn(self, command: Sequence[str], port: int) -> None:
        """Start the process in a session of its own, so that Ctrl-C is not for it."""
        self._log_from_byte = self.log_file.stat().st_size if self.log_file.exists() else 0
        with self._console.open("wb") as console, self._pid_file.begin() as descriptor:
            subprocess.run(  # noqa: S603 (our own command)
                ["/bin/sh", "-c", _START_AND_NOTE, str(port), *command],
                check=False,
                cwd=self._folder,
                env=java_environment(),
                pass_fds=[descriptor],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def end(self, number: signal.Signals, within_s: float) -> bool:
        """Send a signal and wait; say whether nothing runs any more."""
        running = self.running()
        if running is None:
            return True
        with suppress(ProcessLookupError):
            os.kill(running.pid, number)
        return wait_until(lambda: self.running() is None, within_s)

    def last_words(self) -> str:
        """Return why it ended, as far as it said so."""
        return last_words(end_of(self._console), end_of(self.log_file, self._log_from_byte))
