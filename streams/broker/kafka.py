"""The local Kafka: one broker in one folder, whoever starts it."""

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from streams.broker.configuration import PROPERTIES_FILE, write_configuration
from streams.broker.errors import BrokerError
from streams.broker.exclusive import exclusive
from streams.broker.installation import install
from streams.broker.jvm import Jvm
from streams.broker.ports import LOOPBACK, draw_port, refuse_taken
from streams.broker.process import BrokerProcess
from streams.broker.readiness import is_ready
from streams.broker.storage import delete_storage, format_storage
from streams.broker.waiting import wait_until
from streams.settings import LOCAL_KAFKA_PORT

START_MAX_S = 120.0  # a broker not ready by then, even after a crash with much to read, is ended
STOP_MAX_S = 20.0  # after SIGTERM; then SIGKILL, which loses nothing acknowledged
KILL_MAX_S = 10.0  # a process that outlives SIGKILL for so long hangs in the system

_AS_SHIPPED: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Status:
    """What there is to say of a local Kafka."""

    bootstrap: str
    pid: int | None  # None: it does not run
    is_ready: bool
    folder: Path
    log_file: Path


class LocalKafka:
    """A real Kafka for this machine alone, under `home`; it outlives the process that starts it.

    Invariant: one broker runs in a folder at the most; who starts or stops it holds the lock.
    Methods block, may be called from any thread, and raise `BrokerError` alone.
    """

    def __init__(
        self,
        home: Path,
        port: int = LOCAL_KAFKA_PORT,
        *,
        cache: Path | None = None,
        jvm: Jvm = Jvm(),  # noqa: B008 (a frozen value)
        properties: Mapping[str, str] = _AS_SHIPPED,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Name a broker; nothing is started.

        It takes `port` and the next one; 0: those it runs on, else two that are free. `cache`
        holds the jars; None: the folder of STOCK_CACHE. `say` hears of what takes long.
        """
        self.folder = home.expanduser().resolve() / "kafka"
        self._process = BrokerProcess(self.folder)
        self._cache, self._jvm, self._properties, self._say = cache, jvm, properties, say
        self.port = port or self._running_port() or draw_port()

    @property
    def bootstrap(self) -> str:
        """Return the address for clients."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Return the broker's process, None where it does not run."""
        running = self._process.running()
        return running.pid if running else None

    def status(self) -> Status:
        """Return how it is; `is_ready` only if it answers and has registered."""
        with _in_one_line():
            running = self._process.running()
        port = running.port if running else self.port
        return Status(
            bootstrap=f"{LOOPBACK}:{port}",
            pid=running.pid if running else None,
            is_ready=running is not None and is_ready(port),
            folder=self.folder,
            log_file=self._process.log_file,
        )

    def start(self) -> str:
        """Return the bootstrap address of a broker that is ready; start it unless it runs."""
        with self._alone() as lock:
            port = self._running_port()
            if not port:
                self._launch(lock)
            elif port != self.port:
                raise BrokerError(
                    f"the local Kafka in {self.folder} runs already, on port {port}: "
                    f"stop it first, or set STOCK_KAFKA_PORT={port}"
                )
            else:
                self._wait_until_ready()
        return self.bootstrap

    def stop(self) -> bool:
        """End the broker in good order, by force if it does not go; say whether one ran."""
        with self._alone():
            return self._stop()

    def kill(self) -> None:
        """End the broker as a crash would."""
        if not self._process.end(signal.SIGKILL, KILL_MAX_S):
            raise BrokerError(f"process {self.pid} of the local Kafka does not end")

    def reset(self) -> None:
        """Stop the broker and delete all it holds: topics, records, offsets. Its log stays."""
        with self._alone():
            self._stop()
            delete_storage(self.folder)

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """Hold the folder against whoever else starts or stops; yields what holds it."""
        with _in_one_line():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with exclusive(self.folder / "lock") as lock:
                yield lock

    def _running_port(self) -> int:
        running = self._process.running()
        return running.port if running else 0

    def _launch(self, lock: int) -> None:
        refuse_taken(self.port)
        classes = install(self._cache, self._jvm.executable, self._say)
        write_configuration(self.folder, self.port, self._properties)
        format_storage(self.folder, classes, lock)
        try:
            self._process.spawn(classes.broker(self._jvm, PROPERTIES_FILE), self.port)
            self._wait_until_ready()
        except BaseException:  # Ctrl-C too: nothing half started stays behind
            self.kill()
            raise

    def _wait_until_ready(self) -> None:
        ended_or_ready = wait_until(lambda: self.pid is None or is_ready(self.port), START_MAX_S)
        if self.pid is None:
            why = f"Kafka ended while it started: {self._process.last_words()}"
        elif not ended_or_ready:
            why = f"Kafka is not ready after {START_MAX_S:.0f} s"
        else:
            return
        raise BrokerError(f"{why} (see {self._process.log_file})")

    def _stop(self) -> bool:
        ran = self.pid is not None
        if not self._process.end(signal.SIGTERM, STOP_MAX_S):
            self.kill()
        return ran


@contextmanager
def _in_one_line() -> Iterator[None]:
    """Say what the system refuses (a folder, space on the disk) as a line for a person."""
    try:
        yield
    except OSError as error:
        raise BrokerError(f"the local Kafka cannot work: {error}") from error
