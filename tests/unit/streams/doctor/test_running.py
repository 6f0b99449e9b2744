"""What the doctor reads from deliveries that the door did not write."""

from datetime import UTC, datetime
from typing import Any

import pytest

from streams.doctor.running import said_at
from tests.support.records import Delivered


@pytest.mark.parametrize("said", [None, b"", b"\xff", b"yesterday", b"2026-07-03T09:20:07"])
def test_a_bridge_may_say_no_time(said: Any) -> None:
    """A header without a value, that is no time, or has no zone tells nothing and stops nothing."""
    assert said_at(Delivered(b"{}", [("received_at", said)])) is None


def test_the_time_of_the_door_is_read() -> None:
    """As the door writes it."""
    record = Delivered(b"{}", [("received_at", b"2026-07-03T09:20:07Z")])

    assert said_at(record) == datetime(2026, 7, 3, 9, 20, 7, tzinfo=UTC)
