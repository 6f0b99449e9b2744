"""What the door hands to Kafka, and what can become of it."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from streams.engine.fold import Headers


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook call as it came: the body byte for byte, headers of `delivery.py` beside it."""

    key: bytes
    body: bytes
    headers: Headers

    @property
    def size_bytes(self) -> int:
        """Return about how much memory it takes while Kafka has not acknowledged it."""
        headers = sum(len(name) + len(value) for name, value in self.headers)
        return len(self.key) + len(self.body) + headers


@dataclass(frozen=True, slots=True)
class Kept:
    """Every in-sync replica has it; `place` is topic/partition/offset."""

    place: str


class NotKept(Enum):
    """Why there is no acknowledgement to answer 2xx on."""

    AWAY = auto()  # Kafka does not acknowledge: it may or may not have been stored
    FULL = auto()  # too much is waiting for Kafka's acknowledgement already: not stored
    TOO_LARGE = auto()  # Kafka's own limit is below ours: never stored


class Deliveries(Protocol):
    """The door's only way out."""

    async def keep(self, delivery: Delivery) -> Kept | NotKept:
        """Return once every replica has the delivery, or within a bounded time why not."""
        ...

    async def away_because(self) -> str | None:
        """Return why nothing can be kept now; None when it can."""
        ...
