"""The machine: cores, CPU seconds and memory of a process."""

import os

import pytest

from streams.bench.machine import Cores, cores, cpu_s, dealt, described, memory_mib, pin

NOBODY = 2**22 + 1  # above the largest number a process can have


def test_what_is_measured_has_a_core_of_its_own() -> None:
    """Never the broker's; or none is pinned and it is said so."""
    found = cores()

    assert found.other not in found.measured
    assert "pinned" in found.sentence
    assert Cores().sentence.startswith("nothing pinned")
    pin(os.getpid(), None)


@pytest.mark.parametrize(
    ("usable", "workers", "other"),
    [
        ({0, 1}, [0, 0, 0, 0], 1),
        ({5, 3, 9}, [3, 9, 3, 9], 5),
        ({0, 1, 2, 3}, [0, 2, 3, 0], 1),
        (set(range(8)), [0, 2, 3, 4], 1),
        ({7}, [None, None, None, None], None),
        (set[int](), [None, None, None, None], None),
    ],
)
def test_each_worker_has_a_core_of_its_own_while_there_are_more(
    usable: set[int], workers: list[int | None], other: int | None
) -> None:
    """Round robin over all cores but the broker's; with fewer than two nothing is pinned."""
    found = dealt(usable)

    assert [found.of(number) for number in range(4)] == workers
    assert found.other == other
    assert found.among(4) == len(set(workers) - {None})
    assert found.among(1) == min(1, len(found.measured))


def test_where_several_were_placed_is_said() -> None:
    """Of one core for all nothing more is to be said."""
    alone = "what is measured pinned to core 0, broker and loader to core 1"
    several = "what is measured pinned to core 0 (several, in turn, to cores 0, 2, 3), "

    assert dealt({0, 1}).sentence == alone
    assert dealt({0, 1, 2, 3}).sentence == f"{several}broker and loader to core 1"


def test_a_process_is_told_of_while_it_is_there() -> None:
    """CPU and memory of this one are above zero, of none they are zero."""
    sum(number * number for number in range(10**6))

    assert cpu_s(os.getpid()) > 0
    assert memory_mib(os.getpid()) > 1
    assert (cpu_s(NOBODY), memory_mib(NOBODY)) == (0, 0)
    assert "cores" in described()
