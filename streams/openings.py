"""Which places are open since when: until its opening is loaded, a place's movements wait."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ledger.holds import Place


@dataclass(frozen=True, slots=True)
class UnderWay:
    """An opening whose SKUs are let in one after the other, in their order."""

    account: str
    site: str
    partition: int  # where its control stands
    offset: int
    reached: str = ""  # the last SKU let in

    @property
    def place(self) -> Place:
        """Return the place that opens."""
        return Place(self.account, self.site)


class Openings:
    """Invariant: a place that is open stays open, since the same moment."""

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        """Begin with a mark's state, which holds what `state` returned; without, none is open."""
        told = state or {}
        self._opened = {
            Place(account, site): datetime.fromisoformat(at)
            for account, site, at in told.get("openings", ())
        }
        self.under_way = UnderWay(**told["opening"]) if "opening" in told else None

    @property
    def opened(self) -> Mapping[Place, datetime]:
        """Return the open places, each with the moment its position was taken."""
        return self._opened

    def opened_to(self, sku: str) -> Mapping[Place, datetime]:
        """Return the places that are open for a SKU: not yet one whose opening has not come to it.

        So nobody is told of a level that what waits for the place has still to change.
        """
        if self.under_way is None or sku <= self.under_way.reached:
            return self._opened
        opens = self.under_way.place
        return {place: at for place, at in self._opened.items() if place != opens}

    def open(self, place: Place, at: datetime) -> None:
        """Open a place; what occurred there before `at` is in its position already."""
        self._opened[place] = at

    def state(self) -> dict[str, Any]:
        """Return plain values for the mark."""
        rows = [
            [place.account, place.site, at.isoformat()]
            for place, at in sorted(self._opened.items())
        ]
        under_way = {} if self.under_way is None else {"opening": asdict(self.under_way)}
        return {"openings": rows, **under_way}
