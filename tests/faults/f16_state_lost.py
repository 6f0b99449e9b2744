"""F16: the workers' own folder lost, or put back as it was long ago: Kafka is the only memory."""

import shutil
from collections import Counter
from itertools import cycle

from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground

_next_is_lost = cycle([True, False])


async def strike(ground: Ground) -> Counter[str]:
    """Kill all workers and lose their folder, or give them an old one."""
    home, old = ground.system.folder / "home", ground.system.folder / "home-of-before"
    is_lost = next(_next_is_lost)
    if not old.exists():
        shutil.copytree(home, old)
    await ground.crew.kill_workers()
    shutil.rmtree(home)
    if not is_lost:
        shutil.copytree(old, home)
    ground.crew.wanted = 2
    return bites(lost=is_lost, stale=not is_lost)


FAULT = Fault(
    name="F16",
    title="local state lost or stale",
    proof="the folder was there and is gone, or is an old one",
    strike=strike,
    tries=2,
)
