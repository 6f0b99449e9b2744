"""F16: the workers' own folders lost, or full of what is not theirs: Kafka is the only memory."""

import shutil
from collections import Counter
from itertools import cycle
from pathlib import Path

from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground

STRANGE_BYTES = 4_096
TABLES = "tables"  # where Faust would keep a table that is on disk

_next_is_lost = cycle([True, False])


async def strike(ground: Ground) -> Counter[str]:
    """Kill all workers and lose their folders, or put strange files into them; start others.

    The others have the ports, and so the folders, of those killed.
    """
    crew, home, is_lost = ground.crew, ground.system.folder / "home", next(_next_is_lost)
    crew.ports.extend(worker.port for worker in crew.workers)
    await crew.kill_workers()
    strange = [] if is_lost else _strange(ground)
    if is_lost:
        shutil.rmtree(home)
    crew.wanted = 2
    await ground.healed()
    found = {worker.port for worker in crew.workers} & {int(path.parts[-4]) for path in strange}
    return bites(is_lost or bool(found), lost=is_lost, strange=bool(found))


def _strange(ground: Ground) -> list[Path]:
    """Write a file of each table's name into every folder a worker may find as its own."""
    folders = (ground.system.folder / "home").rglob(TABLES)
    files = [folder / f"stock-{number}.db" for folder in folders for number in range(2)]
    for file in files:
        file.write_bytes(ground.dice.randbytes(STRANGE_BYTES))
    return files


FAULT = Fault(
    name="F16",
    title="local state lost, or not theirs",
    proof="the folder is gone, or the next worker on its port found a strange one",
    strike=strike,
    tries=2,
)
