"""Clarus's words to the ledger's: one record in, what becomes of it out. Their words stop here."""

from typing import assert_never

from streams.clarus.arrival import Arrival, Foreign, HeldBack, Moved
from streams.clarus.completions import Completed, Disowned, completed
from streams.clarus.documents import held
from streams.clarus.fates import (
    FATES,
    HEADER_FATES,
    ChangesOwner,
    Completes,
    Kept,
    Moves,
    WithoutEffect,
)
from streams.clarus.fields import Fields
from streams.clarus.records import Record, Unreadable
from streams.clarus.stock_events import moved, owner_changed
from streams.clarus.words import Words

Outcome = Moved | WithoutEffect | Foreign | HeldBack | Completed | Disowned


def read(record: Record, arrival: Arrival, words: Words) -> Outcome:
    """Return what becomes of a record; raise `Unreadable`, and nothing else."""
    fates = HEADER_FATES if words.settings.feed == "headers" else FATES
    fate = fates.get(arrival.event)
    fields = Fields.of(record.fields, words)
    match fate:
        case None:
            raise Unreadable(f"there is no event {'.'.join(arrival.event)!r} known of Clarus")
        case WithoutEffect():
            return fate
        case Moves():
            return moved(fate.kind, fields, arrival)
        case ChangesOwner():
            return owner_changed(fields, arrival)
        case Kept():
            return held(fate.document, fields, arrival)
        case Completes():
            return completed(fate.document, fields, arrival)
        case _:
            assert_never(fate)
