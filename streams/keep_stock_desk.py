"""Exceptions about single movements: raised for a person, cleared by what came of it."""

from datetime import datetime

from ledger.chart import UnmappedReason
from ledger.exceptions import ExceptionClass, Notice, exception_id
from ledger.movement import ACCEPTED, HOLDS, Movement
from streams.engine.fold import SourceRecord
from streams.headers import source_of
from streams.keep_stock_outputs import Outputs

UNMAPPED = ExceptionClass.UNMAPPED_REASON
CONFLICT, TOO_OLD = ExceptionClass.CONFLICT, ExceptionClass.TOO_OLD


class Desk:
    """Invariant: an exception's id says which movement it is about; saying it twice is once."""

    def __init__(self, out: Outputs) -> None:
        self._out = out

    def conflict(self, movement: Movement, record: SourceRecord) -> None:
        """Keep a movement apart whose id was said before with other content."""
        self._kept_apart(CONFLICT, movement, record, "the id was said before with other content")

    def too_old(self, movement: Movement, record: SourceRecord) -> None:
        """Keep a movement apart that cannot be told from a repeat."""
        is_hold = movement.kind in HOLDS
        before = "what is remembered of holds" if is_hold else "the newest movement forgotten"
        why = f"it occurred before {before}: it may be a repeat"
        self._kept_apart(TOO_OLD, movement, record, why)

    def accepted(self, movement: Movement, source: str) -> None:
        """Clear what stood for a movement that a person has accepted now.

        It may have been kept apart twice: as a conflict, and once its id was forgotten as too old.
        """
        told = movement.movement_id.removeprefix(ACCEPTED)
        for of in (CONFLICT, TOO_OLD):
            self._out.notice(
                Notice(
                    of,
                    exception_id(of, told),
                    "cleared",
                    movement.sku,
                    movement.accepts,
                    "a person accepted the movement",
                    movement.received_at,
                    None,
                    source,
                )
            )

    def unmapped(self, movement: Movement, reason: UnmappedReason, source: str) -> None:
        """Raise an exception for a movement whose reason code nobody mapped."""
        why = f"nobody mapped the reason code {reason.code!r}: map it, then `stock chart apply`"
        self._of_movement("raised", movement, why, movement.received_at, source)

    def mapped(self, movement: Movement, at: datetime, source: str) -> None:
        """Clear it: the reason code has a category now."""
        self._of_movement("cleared", movement, "the reason code is mapped", at, source)

    def _kept_apart(
        self, of: ExceptionClass, movement: Movement, record: SourceRecord, why: str
    ) -> None:
        self._out.kept_apart(of, movement, record, why)
        self._out.notice(
            Notice(
                of,
                exception_id(of, movement.told),  # others may wait under the same id
                "raised",
                movement.sku,
                movement.movement_id,
                why,
                movement.received_at,
                movement.received_at,
                source_of(record),
            )
        )

    def _of_movement(
        self, state: str, movement: Movement, why: str, at: datetime, source: str
    ) -> None:
        self._out.notice(
            Notice(
                UNMAPPED,
                exception_id(UNMAPPED, movement.movement_id),
                "raised" if state == "raised" else "cleared",
                movement.sku,
                movement.movement_id,
                why,
                at,
                movement.received_at,
                source,
            )
        )
