"""The Faust table over a lane's memory: a view of committed values, never a second copy.

Faust's own recovery is told that the changelog is already here (it is: `recovery.py` read it),
and cannot write.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any

import faust
from faust.stores.memory import Store
from faust.types import TP

from ledger.errors import BrokenInvariant

Committed = Callable[[], Iterable[Mapping[bytes, bytes]]]


class CommittedView(MutableMapping[bytes, bytes]):
    """All committed cards of the lanes this process owns."""

    def __init__(self, committed: Committed) -> None:
        self._committed = committed

    def __getitem__(self, key: bytes) -> bytes:
        for partition in self._committed():
            if key in partition:
                return partition[key]
        raise KeyError(key)

    def __setitem__(self, key: bytes, value: bytes) -> None:
        raise BrokenInvariant("only StockBook writes the stock table")

    def __delitem__(self, key: bytes) -> None:
        raise BrokenInvariant("only StockBook writes the stock table")

    def __iter__(self) -> Iterator[bytes]:
        for partition in self._committed():
            yield from partition

    def __len__(self) -> int:
        return sum(len(partition) for partition in self._committed())

    def clear(self) -> None:
        """Do nothing: Faust clears its stores at stop, the lanes drop their own."""


class LaneStore(Store):
    """Faust's memory store over the view."""

    def attach(self, committed: Committed, recovered_to: Callable[[TP], int | None]) -> None:
        """Say where the values are, and how far each changelog partition was read."""
        self.data = CommittedView(committed)
        self._recovered_to = recovered_to

    def persisted_offset(self, tp: TP) -> int | None:
        """Return the last offset of the changelog: everything up to it is here."""
        end = self._recovered_to(tp)
        return None if end is None else end - 1

    def apply_changelog_batch(self, batch: Any, to_key: Any, to_value: Any) -> None:  # noqa: ARG002
        """Refuse: our recovery has read the changelog, a second reader would differ from it."""
        raise BrokenInvariant("Faust began to recover a table that our lanes had recovered")

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Do nothing: lanes are dropped on revoke."""


class LaneTable(faust.Table[bytes, bytes]):
    """The stock table as Faust knows it: for its web, its routing and its assignor."""

    def _new_store(self) -> LaneStore:
        return LaneStore("memory://", self.app, self, table_name=self.name, loop=self.loop)
