"""How much may wait for Kafka, whoever has stopped waiting for it."""

from streams.clarus.unacknowledged import Unacknowledged, Waiting


def test_count_and_bytes_are_bounded() -> None:
    """Whichever is reached first."""
    waiting = Unacknowledged(count_max=3, bytes_max=100)
    waiting.add(Waiting(since=1.0, size_bytes=60))

    assert waiting.has_room_for(40)
    assert not waiting.has_room_for(41)

    waiting.add(Waiting(since=2.0, size_bytes=1))
    waiting.add(Waiting(since=3.0, size_bytes=1))

    assert not waiting.has_room_for(1)


def test_what_is_acknowledged_makes_room() -> None:
    """In whatever order Kafka answers; the oldest of the rest tells how long it is away."""
    waiting = Unacknowledged(count_max=2, bytes_max=100)
    first, second = (waiting.add(Waiting(since, size_bytes=50)) for since in (1.0, 2.0))

    assert waiting.oldest_since() == 1.0
    waiting.remove(first)
    assert waiting.oldest_since() == 2.0
    assert waiting.has_room_for(50)
    waiting.remove(second)
    assert waiting.oldest_since() is None
    assert waiting.has_room_for(100)
