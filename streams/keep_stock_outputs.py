"""What a lane of keep_stock says to the world, gathered until its next cut."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import cache

from ledger.availability import Availability
from ledger.exceptions import ExceptionClass, Notice
from ledger.journal import Entry
from ledger.movement import Movement
from ledger.wire import render_movement
from ledger.wire_outputs import render_availability, render_entry, render_notice
from streams.engine.fold import Place, Send, SourceRecord
from streams.headers import BYTES, event_kind, quarantined, rfc3339
from streams.partitions import partition_of
from streams.topics import (
    AVAILABILITY,
    EXCEPTIONS,
    JOURNAL,
    JOURNAL_PARTITIONS,
    KEEP_STOCK,
    QUARANTINE,
)
from tables.cleared import Cleared


class Outputs:
    """Invariant: what `take` has returned is never said again."""

    def __init__(self, partition: int, partitions: int, cleared: Cleared) -> None:
        self._cleared = cleared
        self._partitions = partitions  # of every topic keyed by SKU, exceptions and quarantine
        self._sends: defaultdict[Place, list[Send]] = defaultdict(list)
        self._stated_at: Place = (AVAILABILITY.name, partition)
        self._stated = event_kind(AVAILABILITY.name, KEEP_STOCK, partition)
        self._entered = event_kind(JOURNAL.name, KEEP_STOCK, partition)
        self._noticed = event_kind(EXCEPTIONS.name, KEEP_STOCK, partition)
        self._refused = event_kind(QUARANTINE.name, KEEP_STOCK, partition, content=BYTES)

    def take(self) -> Mapping[Place, list[Send]]:
        """Return everything said since the last time, in order."""
        sends, self._sends = self._sends, defaultdict(list)
        return sends

    def entry(self, entry: Entry) -> None:
        """Say an entry, to its category's partition."""
        at = rfc3339(entry.occurred_at)
        headers = self._entered.headers(entry.entry_id, at)
        self._sends[_journal_place(entry.category)].append(
            (entry.category.encode(), render_entry(entry), headers)
        )

    def availability(self, availability: Availability) -> None:
        """Say what may be sold of a SKU."""
        at = b"" if availability.as_of is None else rfc3339(availability.as_of)
        headers = self._stated.headers(f"{availability.sku}:{availability.version}", at)
        self._sends[self._stated_at].append(
            (availability.sku.encode(), render_availability(availability), headers)
        )

    def notice(self, notice: Notice) -> None:
        """Raise or clear an exception."""
        key = notice.exception_id.encode()
        headers = self._noticed.headers(
            f"{notice.exception_id}:{notice.state}:{notice.source}", rfc3339(notice.at)
        )
        headers.append(("class", notice.of.value.encode()))
        headers.append(("state", notice.state.encode()))
        place = (EXCEPTIONS.name, partition_of(key, self._partitions))
        self._sends[place].append((key, render_notice(notice), headers))
        self._cleared.note(notice)

    def forget_cleared(self, now: datetime) -> None:
        """Delete the records of exceptions cleared long ago."""
        for exception_id in self._cleared.forget(now):
            key = exception_id.encode()
            headers = self._noticed.headers(f"{exception_id}:deleted", rfc3339(now))
            place = (EXCEPTIONS.name, partition_of(key, self._partitions))
            self._sends[place].append((key, None, headers))

    def quarantine(self, record: SourceRecord, reason: str) -> None:
        """Set a record aside as it is, with the reason."""
        self._set_aside(quarantined(record, self._refused, reason))

    def kept_apart(
        self, of: ExceptionClass, movement: Movement, record: SourceRecord, reason: str
    ) -> None:
        """Set a movement aside for a person to accept."""
        key, _, headers = quarantined(record, self._refused, reason)
        headers.append(("class", of.value.encode()))
        headers.append(("movement_id", movement.movement_id.encode()))
        self._set_aside((key, render_movement(movement), headers))

    def _set_aside(self, send: Send) -> None:
        place = (QUARANTINE.name, partition_of(send[0] or b"", self._partitions))
        self._sends[place].append(send)


@cache
def _journal_place(category: str) -> Place:
    return JOURNAL.name, partition_of(category.encode(), JOURNAL_PARTITIONS)
