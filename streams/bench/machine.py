"""This machine: its cores, and what a process has taken of them and of memory."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")  # Linux; elsewhere nothing is pinned, and CPU and memory are not told


@dataclass(frozen=True, slots=True)
class Cores:
    """Which cores are whose: what is measured has one for itself, all else another."""

    measured: int | None  # none: nothing is pinned
    other: int | None

    @property
    def sentence(self) -> str:
        """Return how processes were placed, in words."""
        if self.measured is None:
            return "nothing pinned: this system cannot, or has one core"
        return (
            f"what is measured pinned to core {self.measured}, broker and loader to core "
            f"{self.other}"
        )


def cores() -> Cores:
    """Return two cores of this machine, if it has two and can pin."""
    if not hasattr(os, "sched_getaffinity"):
        return Cores(None, None)
    usable = sorted(os.sched_getaffinity(0))
    return Cores(usable[0], usable[1]) if len(usable) > 1 else Cores(None, None)


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
