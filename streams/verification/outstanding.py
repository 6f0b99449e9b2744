"""What a lane had still to enter at its mark: the entry of that may have been written since.

The journal is read to an end that lies after the mark, and an entry cites where its movement stands
however late it is written: its source alone does not say that it is newer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from streams.verification.costs import Costs
from streams.verification.image import PARKED, WAITING, Image
from streams.verification.levels import Levels

UNMAPPED = "E02"  # the class of what is parked for a mapping; for a cost it is E03


@dataclass(frozen=True, slots=True)
class Parked:
    """A movement whose entry waits, as the changelog holds it."""

    lacks: str
    movement_id: str
    sku: str


class Outstanding:
    """The movements of one lane that wait or are parked at its mark, by their offset."""

    def __init__(self, image: Image) -> None:
        self.waiting = frozenset(int(key) for key in image.keys(WAITING))
        self.parked = dict(_parked(image))

    def is_entered_since(
        self, entry: Mapping[str, Any], offset: int, levels: Levels, costs: Costs
    ) -> bool:
        """Say whether an entry of the movement at an offset can only be younger than the mark.

        What is parked lacks something at the mark, and its entry cites what has come since. What
        waits cites nothing of its opening: the mark's count of entries tells if it was entered.
        """
        parked = self.parked.get(offset)
        if parked is None:
            return offset in self.waiting
        if parked.lacks == UNMAPPED:
            in_force = levels.chart_since[-1][1] if levels.chart_since else None
            return entry.get("rules") != in_force
        latest = costs.latest(parked.sku)
        return _version(entry) > (latest.cost.version if latest else 0)


def _parked(image: Image) -> Iterator[tuple[int, Parked]]:
    for key in image.keys(PARKED):
        fields: dict[str, Any] = orjson.loads(image.values[PARKED + key])
        movement = fields["movement"]
        yield fields["offset"], Parked(fields["lacks"], movement["movement_id"], movement["sku"])


def _version(entry: Mapping[str, Any]) -> int:
    match entry:
        case {"cost": {"version": int(version)}}:
            return version
        case _:
            return 0
