"""What the engine tells of its pace, to whoever keeps figures of it."""

from collections.abc import Callable
from dataclasses import dataclass


def _unheard(*_: object) -> None:
    """Keep nothing."""


@dataclass(frozen=True, slots=True)
class Observer:
    """Called on the worker's loop; must not wait, and must not raise."""

    cut: Callable[[str, float, int], None] = _unheard  # agent, seconds to commit, records
    recovered: Callable[[float], None] = _unheard  # seconds to fence and read back all lanes
