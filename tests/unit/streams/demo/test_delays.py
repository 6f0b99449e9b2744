"""From the door to the journal: joined by movement, in whichever order both are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.demo.delays import Delays, percentile

ENTERED_AFTER_MS = {"one": 40, "two": 5, "three": 900}


@given(st.permutations([(name, end) for name in ENTERED_AFTER_MS for end in ("door", "journal")]))
def test_delays_do_not_depend_on_the_order_of_reading(order: list[tuple[str, str]]) -> None:
    """Topics are read side by side: an entry may be read before its movement."""
    delays = Delays()
    for name, end in order:
        if end == "door":
            delays.arrived(name, 1_000)
        else:
            delays.entered(name, 1_000 + ENTERED_AFTER_MS[name])

    assert sorted(ENTERED_AFTER_MS.values()) == delays.measured_ms()


def test_a_repeat_leaves_the_first_arrival() -> None:
    """A movement told twice before its entry took as long as its first telling."""
    delays = Delays()
    delays.arrived("one", 100)
    delays.arrived("one", 300)
    delays.entered("one", 350)

    assert delays.measured_ms() == [250]


@pytest.mark.parametrize(("percent", "expected"), [(50, 5), (99, 10), (100, 10), (1, 1)])
def test_percentile_is_a_measured_value(percent: int, expected: int) -> None:
    """The value that so many percent do not exceed, never one in between."""
    assert percentile(range(1, 11), percent) == expected


def test_nothing_measured_has_no_percentile() -> None:
    """No figure is better than a made-up nought."""
    assert percentile([], 50) is None
