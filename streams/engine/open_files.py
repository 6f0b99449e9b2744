"""Open files: as many as the system grants, and what is said where those are too few.

Each lane has a producer of its own, because Kafka knows one transaction of a producer at a time. It
holds a connection to every broker it writes to, and one more to each that keeps its transactions or
the group's offsets (aiokafka 0.14 has those apart): two on a single broker. Where no file is to be
had, aiokafka takes the broker for one that refuses, and tries again.
"""

import resource
from contextlib import suppress

PER_LANE = 2
BESIDES = 64  # what a process has open beside its lanes: modules, logs, readers, pages
# Where the system names no limit of its own (macOS), which takes no such number either.
UNLIMITED = 10_240


def open_files_max() -> int:
    """Return how many files this process may have open."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def raise_open_files() -> None:
    """Take as many as the system grants; 1,024 are usual until then, whatever it would grant."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = UNLIMITED if hard == resource.RLIM_INFINITY else hard
    if soft < wanted:
        with suppress(ValueError, OSError):  # the system grants less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def too_few_for(lanes: int) -> str | None:
    """Say that so many lanes cannot be had at once, and what to do; nothing where they can."""
    allowed, needed = open_files_max(), lanes * PER_LANE + BESIDES
    if allowed >= needed:
        return None
    return (
        f"{lanes:,} lanes take some {needed:,} open files where Kafka is one broker, more where it "
        f"is several; this process may have {allowed:,}: "
        "allow it more with `ulimit -n`, or LimitNOFILE of its systemd unit"
    )
