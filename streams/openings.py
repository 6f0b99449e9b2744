"""Which places are open since when: until its opening is loaded, a place's movements wait."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ledger.holds import Place


class Openings:
    """Invariant: a place that is open stays open, since the same moment."""

    def __init__(self, rows: Iterable[Sequence[str]] = ()) -> None:
        """Begin with rows as `state` returned them."""
        self._opened = {
            Place(account, site): datetime.fromisoformat(at) for account, site, at in rows
        }

    @property
    def opened(self) -> Mapping[Place, datetime]:
        """Return the open places, each with the moment its position was taken."""
        return self._opened

    def open(self, place: Place, at: datetime) -> None:
        """Open a place; what occurred there before `at` is in its position already."""
        self._opened[place] = at

    def state(self) -> list[list[str]]:
        """Return plain values for the mark."""
        return [
            [place.account, place.site, at.isoformat()]
            for place, at in sorted(self._opened.items())
        ]
