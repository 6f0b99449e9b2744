"""This machine: its cores, and what a process has taken of them and of memory."""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")  # Linux; elsewhere nothing is pinned, and CPU and memory are not told


@dataclass(frozen=True, slots=True)
class Cores:
    """Which cores are whose: broker and loader have one, what is measured has the rest.

    Of several processes that are measured together each has a core, as long as there are more.
    """

    measured: tuple[int, ...] = ()  # none: nothing is pinned
    other: int | None = None

    @property
    def sentence(self) -> str:
        """Return how processes were placed, in words."""
        if not self.measured:
            return "nothing pinned: this system cannot, or has one core"
        first, *more = self.measured
        several = f" (several, in turn, to cores {first}, {', '.join(map(str, more))})"
        return (
            f"what is measured pinned to core {first}{several if more else ''}, broker and loader "
            f"to core {self.other}"
        )

    def of(self, number: int) -> int | None:
        """Return the core of the measured process of that number, counted from 0."""
        return self.measured[number % len(self.measured)] if self.measured else None

    def among(self, processes: int) -> int:
        """Return how many cores so many measured processes have together; 0: none is pinned."""
        return len({self.of(number) for number in range(processes)} - {None})


def cores() -> Cores:
    """Return the cores of this machine as they are dealt, if it has two and can pin."""
    return dealt(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else Cores()


def dealt(usable: Iterable[int]) -> Cores:
    """Deal cores: the second is the broker's, all others are for what is measured."""
    match sorted(usable):
        case [first, other, *more]:
            return Cores((first, *more), other)
        case _:
            return Cores()


def pin(pid: int, core: int | None) -> None:
    """Keep a process, its threads of now and those to come, on one core."""
    if core is None:
        return
    for thread in (_PROC / str(pid) / "task").iterdir():
        try:
            os.sched_setaffinity(int(thread.name), {core})
        except ProcessLookupError:
            continue  # the thread has ended meanwhile


def cpu_s(pid: int) -> float:
    """Return the CPU seconds a process has used, system calls included; 0 where it is not told."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return 0.0
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def memory_mib(pid: int, which: str = "VmHWM") -> float:
    """Return a process's memory in MiB, at its peak or (VmRSS) now; 0 where it is not told."""
    try:
        status = (_PROC / str(pid) / "status").read_text()
    except OSError:
        return 0.0
    line = next(line for line in status.splitlines() if line.startswith(which))
    return int(line.split()[1]) / 1024


def described() -> str:
    """Return what this machine is, in a few words."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python " + (
        platform.python_version()
    )
