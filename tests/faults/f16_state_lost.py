"""F16: the workers' own folders lost, or full of what is not theirs: Kafka is the only memory.

A worker keeps nothing on disk, so a folder that is another's, or a day old, has nothing that could
be stale: what is proven is that nothing of it is read. Strange files lie where Faust would keep its
tables; they are not read (where the file system tells of reads), and not a byte of them changes,
while the worker whose folder it is holds partitions, and shows cards that were in the changelog
before it began: it was ready from the changelog alone. What is then said is held against the raw
deliveries, as after every fault.
"""

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from streams.partitions import partition_of
from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground
from tests.support.system import Role

CARDS_ASKED = 5
NO_CARD = b"\x00"  # begins the keys of marks
STRANGE_BYTES = 4_096
TABLES = "tables"  # where Faust would keep a table that is on disk
NEVER_NS = 0  # when it was read: a file system that tells of reads puts the time of the first here

CASES = ("lost", "strange")


async def strike(ground: Ground) -> Counter[str]:
    """Kill all workers and lose their folders, or put strange files into them; start others.

    The others have the ports, and so the folders, of those killed.
    """
    crew, home = ground.crew, ground.system.folder / "home"
    case = ground.in_turn(CASES)
    is_lost = case == "lost"
    ports = [worker.port for worker in crew.workers]
    crew.ports.extend(ports)
    await crew.kill_workers()
    before = len(ground.system.roles)
    kept = [key for key in await ground.system.changelog() if not key.startswith(NO_CARD)]
    strange = {} if is_lost else _strange(home, ground)
    if is_lost:
        shutil.rmtree(home)
    crew.wanted = 2
    await ground.healed()
    found = set(ports) if is_lost else {int(file.parts[-4]) for file in strange}
    new = [worker for worker in crew.workers_after(before) if worker.port in found]
    cards = [await _read_back(ground, worker, kept) for worker in new]
    _check_untouched(strange)
    return bites(any(cards), cards_read_back=sum(cards), **{case: 1})


async def _read_back(ground: Ground, worker: Role, kept: Sequence[bytes]) -> int:
    """Return how many cards it holds of those that were there before it began."""
    held = set(await ground.crew.holding(worker) or ())
    partitions = ground.system.partitions
    own = [key.decode() for key in kept if partition_of(key, partitions) in held]
    asked = ground.dice.sample(own, min(CARDS_ASKED, len(own)))
    for sku in asked:
        await ground.system.get(worker, f"/table/stock/{quote(sku, safe='')}")
    return len(asked)


def _strange(home: Path, ground: Ground) -> Mapping[Path, str]:
    """Write a file of each table's name into every folder a worker may find as its own."""
    folders = list(home.rglob(TABLES))
    numbers = range(ground.system.partitions)
    checksums: dict[Path, str] = {}
    for file in (folder / f"stock-{number}.db" for folder in folders for number in numbers):
        content = ground.dice.randbytes(STRANGE_BYTES)
        file.write_bytes(content)
        os.utime(file, ns=(NEVER_NS, file.stat().st_mtime_ns))
        checksums[file] = hashlib.sha256(content).hexdigest()
    return checksums


def _check_untouched(strange: Mapping[Path, str]) -> None:
    for file, checksum in strange.items():
        assert file.stat().st_atime_ns == NEVER_NS, f"{file} was read"
        content = file.read_bytes()
        assert hashlib.sha256(content).hexdigest() == checksum, f"{file} was written to"


FAULT = Fault(
    name="F16",
    title="local state lost, or not theirs",
    proof="a worker began where the folder was lost or strange, and held cards of the changelog",
    strike=strike,
    tries=len(CASES),
    cases=CASES,
)
