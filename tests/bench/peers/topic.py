"""The topic every peer reads: a shop's movements, one in a hundred told twice."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from streams.bench import load
from streams.bench.ground import Ground
from streams.bench.plan import QUICK
from streams.engine.fold import Send
from streams.topics import MOVEMENTS
from tests.bench.peers.plan import Sizes

REPEATED_EVERY = 100
REPEATED_AFTER = 1_000  # movements: longer ago than any one list of records


async def make(at: Ground, sizes: Sizes, movements: int) -> None:
    """Make every topic anew, and write the products and so many movements."""
    await at.load(replace(QUICK, movements=0, skus=sizes.skus))
    await _send(at, told(sizes, 0, movements))


async def add(at: Ground, sizes: Sizes, already: int) -> None:
    """Write what follows after so many movements: work for who is started again."""
    await _send(at, told(sizes, already, already + sizes.late_movements))


def told(sizes: Sizes, first: int, end: int) -> Iterator[Send]:
    """Yield the movements from one to another, with those told a second time."""
    everything = load.movements(replace(QUICK, movements=end, skus=sizes.skus))
    recent: deque[Send] = deque(maxlen=REPEATED_AFTER)
    for number, movement in enumerate(islice(everything, end)):
        recent.append(movement)
        if number >= first:
            yield movement
            if number % REPEATED_EVERY == 0:
                yield recent[0]


async def _send(at: Ground, movements: Iterator[Send]) -> None:
    async with at.producer() as producer:
        await at._send(producer, MOVEMENTS.name, movements)
