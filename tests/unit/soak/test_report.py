"""A soak's verdict: what grows besides what must be remembered, and what opens files on and on."""

import pytest

from tests.soak.report import SLOPE_MAX_MIB_PER_H, Soaked, told
from tests.soak.samples import Growth, Sample

APPLIED_PER_H = 100_000.0
REMEMBERED_MIB_PER_H = 2.67  # 28 bytes each


def growth(name: str, mib_per_h: float, files_more: int = 0) -> Growth:
    """Return what samples of half an hour say of a process that grows evenly."""
    minutes = range(31)
    return Growth.of(
        name,
        [Sample(60.0 * m, 100 + mib_per_h * m / 60, 30 + files_more * m // 30) for m in minutes],
    )


def soaked(*growths: Growth) -> Soaked:
    return Soaked(100.0, 45.0, 15.0, 100.0, APPLIED_PER_H, growths, 0.5, ())


def test_the_slope_is_that_of_the_line() -> None:
    """What grows evenly has its growth as its slope, per hour."""
    assert growth("worker-1", 3.0).slope_mib_per_h == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("name", "mib_per_h", "is_wrong"),
    [
        ("worker-1", REMEMBERED_MIB_PER_H, False),
        ("worker-1", REMEMBERED_MIB_PER_H + SLOPE_MAX_MIB_PER_H + 0.1, True),
        ("door-0", SLOPE_MAX_MIB_PER_H - 0.1, False),
        ("door-0", REMEMBERED_MIB_PER_H, True),  # a door remembers nothing
        ("kafka", 500.0, False),  # its page cache and heap are its own
    ],
)
def test_a_process_grows_by_no_more_than_it_must_remember(
    name: str, mib_per_h: float, *, is_wrong: bool
) -> None:
    """The worker may grow by its memory of movements; both by 2 MiB an hour besides."""
    seen = soaked(growth(name, mib_per_h))

    assert bool(seen.wrong()) is is_wrong
    assert ("WRONG" in told(seen)) is is_wrong


@pytest.mark.parametrize(("more", "is_wrong"), [(6, False), (30, True)])
def test_open_files_stay_flat(more: int, *, is_wrong: bool) -> None:
    """Sockets come and go; files that only come are a leak."""
    assert bool(soaked(growth("door-0", 0.0, more)).wrong()) is is_wrong


def test_sockets_that_come_and_go_are_no_leak() -> None:
    """What counts is how many are open when it is quiet."""
    samples = [Sample(60.0 * m, 100.0, 90 if m % 3 else 30) for m in range(31)]

    assert not soaked(Growth.of("door-0", samples)).wrong()
