"""What `stock up` says while it runs."""

import pytest

from streams.commands.up import _sentence
from streams.pulse import Pulse


@pytest.mark.parametrize(
    ("deliveries", "lag_records", "said"),
    [(1_234, 0, "1,234 deliveries · lag 0"), (None, None, "? deliveries · lag ?")],
)
def test_what_is_not_known_is_said_as_such(
    deliveries: int | None, lag_records: int | None, said: str
) -> None:
    """A nought would say that nothing came, or that nothing waits."""
    pulse = Pulse(
        door_is_ready=True,
        workers_ready=1,
        partitions=frozenset({0, 1}),
        deliveries=deliveries,
        lag_records=lag_records,
    )

    assert _sentence(pulse, 2) == f"door ready · 1 of 2 workers ready · {said}"
