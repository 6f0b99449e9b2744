"""Memory of a worker: cycles are still found, only seldom; giving pages back changes nothing."""

import gc
from collections.abc import Iterator
from weakref import ref

import pytest

from streams.engine.memory import YOUNG_MAX, calm_collector, give_back_memory


class Knot:
    """Something that holds itself."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture(autouse=True)
def _collector_as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_a_calm_collector_still_finds_cycles() -> None:
    """A cycle made later is found once enough objects were made after it."""
    calm_collector()
    made = ref(Knot())
    kept = [[number] for number in range(2 * YOUNG_MAX)]

    assert made() is None
    assert len(kept) == 2 * YOUNG_MAX


def test_giving_memory_back_changes_nothing() -> None:
    """What is held stays as it is."""
    held = [bytes([number % 256]) * 600 for number in range(1_000)]
    del held[::2]
    give_back_memory()

    assert held == [bytes([number % 256]) * 600 for number in range(1, 1_000, 2)]
