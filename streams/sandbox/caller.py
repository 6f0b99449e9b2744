"""How the stand-in calls the door: bounded, in order for one SKU, told again until answered 2xx."""

from dataclasses import dataclass
from datetime import datetime


class DoorRefuses(Exception):
    """The door refuses what is sound, or does not answer for too long: the playing ends."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a playing stands; said after every delivery."""

    sent: int  # deliveries answered, the whole playing so far
    planned: int | None  # of the whole playing; None where days are made as they are played
    at: datetime  # the retailer's own clock, UTC
    retries: int
    refused: int


@dataclass(frozen=True, slots=True)
class Played:
    """What one call of `play` did."""

    deliveries: int
    seconds: float
    retries: int
    statuses: dict[int, int]  # answers by HTTP status
