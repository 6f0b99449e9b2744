"""The machine: cores, CPU seconds and memory of a process."""

import os

from streams.bench.machine import Cores, cores, cpu_s, described, memory_mib, pin

NOBODY = 2**22 + 1  # above the largest number a process can have


def test_what_is_measured_has_a_core_of_its_own() -> None:
    """Two different cores, or none is pinned and it is said so."""
    found = cores()

    assert found.measured is None or found.measured != found.other
    assert "pinned" in found.sentence
    assert Cores(None, None).sentence.startswith("nothing pinned")
    pin(os.getpid(), None)


def test_a_process_is_told_of_while_it_is_there() -> None:
    """CPU and memory of this one are above zero, of none they are zero."""
    sum(number * number for number in range(10**6))

    assert cpu_s(os.getpid()) > 0
    assert memory_mib(os.getpid()) > 1
    assert (cpu_s(NOBODY), memory_mib(NOBODY)) == (0, 0)
    assert "cores" in described()
