"""How long a movement takes from the door to the journal, by Kafka's own clock at both ends."""

from array import array
from collections.abc import Sequence


class Delays:
    """Joins each movement's arrival with its entry, in whichever order they are read.

    Invariant: what waits here is of movements whose other half has not been read yet.
    """

    def __init__(self) -> None:
        self._measured_ms = array("q")
        self._arrived: dict[str, int] = {}
        self._entered: dict[str, int] = {}

    def arrived(self, movement_id: str, at_ms: int) -> None:
        """Note when a movement's delivery arrived."""
        entered = self._entered.pop(movement_id, None)
        if entered is None:
            self._arrived.setdefault(movement_id, at_ms)
        else:
            self._measured_ms.append(entered - at_ms)

    def entered(self, movement_id: str, at_ms: int) -> None:
        """Note when a movement's entry was written."""
        arrived = self._arrived.pop(movement_id, None)
        if arrived is None:
            self._entered[movement_id] = at_ms
        else:
            self._measured_ms.append(at_ms - arrived)

    def measured_ms(self) -> Sequence[int]:
        """Return every delay measured so far, sorted."""
        return sorted(self._measured_ms)


def percentile(ordered: Sequence[int], percent: int) -> int | None:
    """Return the value that so many percent of an ordered sequence do not exceed."""
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
