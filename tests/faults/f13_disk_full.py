"""F13: the broker's disk runs full under load; freed, it starts again and nothing is missing."""

import asyncio
import errno
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import RawIOBase
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.fault import Fault, bites
from tests.faults.ground import KAFKA_FOLDER, Ground
from tests.support.kafka import eventually

DISK = "256m"
CHUNK_BYTES = 1_048_576
ENDS_WITHIN_S = 120.0


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Give the broker a disk of its own for as long as the ground stands."""
    disk = folder / KAFKA_FOLDER
    disk.mkdir(parents=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(disk))
    try:
        yield
    finally:
        _run("umount", "--lazy", str(disk))


async def strike(ground: Ground) -> Counter[str]:
    """Fill the disk until the broker ends, then make room and start it."""
    await ground.flows()
    filler = ground.folder / KAFKA_FOLDER / "filler"
    filling = asyncio.create_task(_keep_full(filler))
    try:
        await eventually(lambda: ground.kafka.pid is None, ENDS_WITHIN_S)
        await ground.piles_up()
    finally:
        filling.cancel()
        filler.unlink(missing_ok=True)
    await asyncio.to_thread(ground.kafka.start)
    return bites()


async def _keep_full(filler: Path) -> None:
    """Take whatever is free, again and again: Kafka frees some by itself."""
    with filler.open("ab", buffering=0) as file:
        while True:
            size = CHUNK_BYTES
            while size:
                size = size if _has_written(file, size) else size // 2
            await asyncio.sleep(0.1)


def _has_written(file: RawIOBase, size: int) -> bool:
    try:
        return file.write(bytes(size)) == size
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False


def lacks() -> str | None:
    """Return why no small disk can be made here: root in a container often may not."""
    try:
        with TemporaryDirectory() as folder, small_disk(Path(folder)):
            return None
    except subprocess.CalledProcessError as error:
        return f"no small disk can be mounted: {error.stderr.decode().strip()[:100]}"
    except OSError:
        return "there is no mount(8)"


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


FAULT = Fault(
    name="F13",
    title="the broker's disk full",
    proof="the broker ended for want of room",
    strike=strike,
    tries=3,
    apart=True,
    lacks=lacks,
    around=small_disk,
)
