"""F20: a worker that may not have another byte: it ends, and another goes on from the mark."""

import resource
from collections import Counter

import psutil

from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground
from tests.support.kafka import eventually

ENDS_WITHIN_S = 45.0


async def strike(ground: Ground) -> Counter[str]:
    """Bound the address space of one that holds lanes to half of what it has; have it read back.

    In its stride it needs no more; when another joins, it must recover what it keeps.
    """
    worker, _ = await ground.some_holder()
    pid = worker.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_AS)
    size = psutil.Process(pid).memory_info().vms // 2
    resource.prlimit(pid, resource.RLIMIT_AS, (size, hard))
    ground.crew.wanted += 1
    try:
        await eventually(lambda: not worker.runs, ENDS_WITHIN_S)
    except AssertionError:
        worker.process.kill()  # what it has was enough for it: no bite
        return bites(0, had_enough=1)
    finally:
        ground.crew.wanted -= 1
    for more in ground.crew.workers[ground.crew.wanted :]:
        await ground.crew.leave(more)
    return bites(memory_errors=int("MemoryError" in worker.log))


def lacks() -> str | None:
    """Return why no process can be bounded here."""
    return None if hasattr(resource, "prlimit") else "there is no prlimit(2)"


FAULT = Fault(
    name="F20",
    title="memory squeeze (RLIMIT_AS)",
    proof="the worker ended by itself",
    strike=strike,
    tries=3,
    lacks=lacks,
)
