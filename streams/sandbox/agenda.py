"""What is to happen when: acts in the order of their time, ties in the order they were planned."""

from collections.abc import Callable
from datetime import datetime
from heapq import heappop, heappush
from itertools import count

Act = Callable[[datetime], None]  # is told when it happens


class Agenda:
    """Acts may plan further acts, at their own time or later."""

    def __init__(self) -> None:
        self._acts: list[tuple[datetime, int, Act]] = []
        self._numbers = count()

    def plan(self, at: datetime, act: Act) -> None:
        """Have something happen at a time."""
        heappush(self._acts, (at, next(self._numbers), act))

    def run_until(self, end: datetime) -> None:
        """Let everything before a time happen."""
        while self._acts and self._acts[0][0] < end:
            at, _, act = heappop(self._acts)
            act(at)

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is left to happen."""
        return not self._acts
