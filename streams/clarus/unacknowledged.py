"""How much waits for Kafka's acknowledgement: counted, bounded, waited for."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that Kafka has not acknowledged."""

    since: float  # the loop's clock
    size_bytes: int


class Unacknowledged:
    """What Kafka has been given and has not acknowledged, oldest first.

    Invariant: a delivery is counted until Kafka answers, even when its sender was told 503 long
    ago: the producer still holds it, and memory is what is bounded here.
    """

    def __init__(self, count_max: int, bytes_max: int) -> None:
        self._count_max = count_max
        self._bytes_max = bytes_max
        self._waiting: dict[int, Waiting] = {}
        self._bytes = 0
        self._next = 0
        self._none_waits = asyncio.Event()

    def has_room_for(self, size_bytes: int) -> bool:
        """Say whether so many bytes more may wait."""
        return len(self._waiting) < self._count_max and self._bytes + size_bytes <= self._bytes_max

    def add(self, waiting: Waiting) -> int:
        """Count a delivery in; returns its number."""
        self._next += 1
        self._waiting[self._next] = waiting
        self._bytes += waiting.size_bytes
        return self._next

    def remove(self, number: int) -> None:
        """Count a delivery out."""
        self._bytes -= self._waiting.pop(number).size_bytes
        if not self._waiting:
            self._none_waits.set()

    async def until_none(self, within_s: float) -> None:
        """Wait until Kafka has acknowledged everything, or for so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._waiting:
                    self._none_waits.clear()
                    await self._none_waits.wait()

    def oldest_since(self) -> float | None:
        """Return since when the oldest waits."""
        first = next(iter(self._waiting.values()), None)
        return first.since if first else None
