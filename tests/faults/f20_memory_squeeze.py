"""F20: a worker that may not have another byte: it ends, and another goes on from the mark."""

import resource
from collections import Counter

import psutil

from tests.faults.ends import wants_memory
from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground
from tests.support.kafka import eventually
from tests.support.system import Role

STARTS_WITHIN_S = 30.0
STARTED = "worker.started"
ENDS_WITHIN_S = 45.0

CASES = ("who joins", "who holds lanes")


async def strike(ground: Ground) -> Counter[str]:
    """Have a worker join; bound the address space of that one, or of one that holds lanes.

    Whoever joins must read back with what it had as it started. Who holds lanes has half of what
    it has; in its stride it needs no more, and now it must recover what it keeps.
    """
    joins = ground.in_turn(CASES) == CASES[0]
    holder = None if joins else (await ground.some_holder())[0]
    ground.crew.wanted += 1
    try:
        worker = holder or await _joined(ground)
        ground.crew.squeezed(worker)
        _bound(worker, 2 if holder else 1)
        await eventually(lambda: not worker.runs, ENDS_WITHIN_S)
    except AssertionError:
        if holder:
            holder.process.kill()
        return bites(0, had_enough=1)
    finally:
        ground.crew.wanted -= 1
        for more in ground.crew.workers[ground.crew.wanted :]:
            await ground.crew.leave(more)
    code = worker.process.returncode
    return bites(wants_memory(worker.log, code), signals=code < 0)


async def _joined(ground: Ground) -> Role:
    before = len(ground.system.roles)

    def joined() -> Role | None:
        new = ground.crew.workers_after(before)
        return next((role for role in new if STARTED in role.log), None)

    found = await eventually(joined, STARTS_WITHIN_S)
    assert found is not None
    return found


def _bound(worker: Role, share: int) -> None:
    pid = worker.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_AS)
    size = psutil.Process(pid).memory_info().vms // share
    resource.prlimit(pid, resource.RLIMIT_AS, (size, hard))


def lacks() -> str | None:
    """Return why no process can be bounded here."""
    return None if hasattr(resource, "prlimit") else "there is no prlimit(2)"


FAULT = Fault(
    name="F20",
    title="memory squeeze (RLIMIT_AS)",
    proof="it ended for want of memory, as it said, or of a signal of its own",
    strike=strike,
    tries=4,
    cases=CASES,
    lacks=lacks,
)
