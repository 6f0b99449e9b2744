"""What a lane asks of an agent's logic: fold records, cut a snapshot, show what is committed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Headers = list[tuple[str, bytes]]  # a list: aiokafka 0.14 takes nothing else
Send = tuple[bytes | None, bytes | None, Headers]  # key, value (none: a tombstone), headers
Place = tuple[str, int]  # a topic and an explicit partition of it


class SourceRecord(Protocol):
    """One record as aiokafka delivers it (its `ConsumerRecord`); nobody changes one."""

    @property
    def topic(self) -> str:
        """Return the topic it stands in."""
        ...

    @property
    def partition(self) -> int:
        """Return the partition of the topic."""
        ...

    @property
    def offset(self) -> int:
        """Return its place in the partition."""
        ...

    @property
    def timestamp(self) -> int:
        """Return when Kafka took it in, in ms since 1970."""
        ...

    @property
    def key(self) -> Any:
        """Return bytes or None."""
        ...

    @property
    def value(self) -> Any:
        """Return bytes or None."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Return what stands beside the value."""
        ...


@dataclass(frozen=True, slots=True)
class Cut:
    """Everything one transaction makes visible, fixed before the first await.

    `changelog` goes to the lane's own changelog partition; the lane adds its mark.
    """

    outputs: Mapping[Place, Sequence[Send]]
    changelog: Sequence[tuple[bytes, bytes | None]]
    counts: Mapping[str, int]  # running count of every fate, for the mark
    state: Mapping[str, Any]  # small state of the fold that lives in the mark (openings, chart)


class Fold(Protocol):
    """One agent's logic for one partition: pure with respect to I/O, clocks and randomness.

    A record may set off more work than a lane may do at a stretch. It is done in pieces then, with
    cuts and restarts in between; until it is done, no further record is folded.
    """

    @property
    def is_unfinished(self) -> bool:
        """Say whether a record has set off more than was done yet; asked by any thread."""
        ...

    def restore(
        self,
        changelog: Mapping[bytes, bytes],
        counts: Mapping[str, int],
        state: Mapping[str, Any],
    ) -> None:
        """Start from the recovered changelog (marks left out); empty on a first start."""
        ...

    def fold(self, records: Sequence[SourceRecord]) -> int:
        """Apply records of one source partition, in offset order, to working copies.

        Returns how many: it ends with one that leaves the fold unfinished. At least one.
        """
        ...

    def go_on(self) -> int:
        """Do one more piece of what is unfinished; return how many records it counts as.

        Zero where nothing is left.
        """
        ...

    def cut(self) -> Cut:
        """Return what was touched since the last cut, as bytes; later folds cannot change it."""
        ...

    def committed(self, cut: Cut) -> None:
        """Show the cut's values: only now may they be read from outside."""
        ...

    def committed_values(self) -> Mapping[bytes, bytes]:
        """Return what readers may see: the values of committed cuts, by key."""
        ...
