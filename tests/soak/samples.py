"""What the processes of a soak take, looked at every few seconds, and how fast it grows."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression

import psutil

from tests.faults.ground import Ground

LOOK_EVERY_S = 10.0
BYTES_PER_MIB = 1024 * 1024
S_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Sample:
    """One process at one moment."""

    at_s: float
    rss_mib: float
    files: int  # open, without the connections of the feed


@dataclass(frozen=True, slots=True)
class Growth:
    """How one process changed after its warm-up."""

    name: str
    rss_mib: tuple[float, float]  # first and last
    slope_mib_per_h: float
    files: tuple[int, int]  # the least of the first third and of the last: a leak lifts it
    files_most: int  # sockets come and go with the load

    @property
    def kind(self) -> str:
        """Return what the process is: door, worker or kafka."""
        return self.name.partition("-")[0]

    @classmethod
    def of(cls, name: str, samples: Sequence[Sample]) -> "Growth":
        """Return the least-squares line through samples, at least two."""
        slope = linear_regression([s.at_s for s in samples], [s.rss_mib for s in samples]).slope
        files = [sample.files for sample in samples]
        third = max(1, len(files) // 3)
        return cls(
            name,
            (samples[0].rss_mib, samples[-1].rss_mib),
            slope * S_PER_HOUR,
            (min(files[:third]), min(files[-third:])),
            max(files),
        )


class Samples:
    """Samples of every process of a ground, by its name."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._taken: dict[str, list[Sample]] = {}

    async def take(self) -> None:
        """Look again and again; until cancelled."""
        while True:
            for name, pid in self._pids().items():
                process = psutil.Process(pid)
                rss_mib = process.memory_info().rss / BYTES_PER_MIB
                files = process.num_fds() - self._callers(process)
                self._taken.setdefault(name, []).append(Sample(time.monotonic(), rss_mib, files))
            await asyncio.sleep(LOOK_EVERY_S)

    def growths(self, since_s: float) -> list[Growth]:
        """Return how each process changed since a moment of the monotonic clock.

        One that was seen less than twice since has no slope: it ended, and that is told apart.
        """
        late = {
            name: [sample for sample in taken if sample.at_s >= since_s]
            for name, taken in self._taken.items()
        }
        return [Growth.of(name, taken) for name, taken in late.items() if len(taken) > 1]

    def _callers(self, process: psutil.Process) -> int:
        """Return the connections that the feed keeps to its door: its own pool decides of them."""
        door = self._ground.crew.door
        if process.pid != door.process.pid:
            return 0
        connections = process.net_connections("tcp")
        here = [each for each in connections if each.laddr and each.laddr.port == door.port]
        return sum(each.status == psutil.CONN_ESTABLISHED for each in here)

    def _pids(self) -> dict[str, int]:
        ground = self._ground
        pids = {role.name: role.process.pid for role in ground.system.roles if role.runs}
        return pids if ground.kafka.pid is None else pids | {"kafka": ground.kafka.pid}
