"""The exceptions of keep_stock: what is raised, what is cleared, and what it says to its owner."""

from datetime import datetime

from ledger.chart import UnmappedReason
from ledger.exceptions import ExceptionClass, Notice, exception_id
from ledger.holds import Place
from ledger.level import StockCard
from ledger.movement import Movement
from ledger.quantity import render_quantity
from streams.engine.fold import SourceRecord
from streams.headers import source_of
from streams.keep_stock_outputs import Outputs

UNMAPPED, NO_COST = ExceptionClass.UNMAPPED_REASON, ExceptionClass.NO_COST
CONFLICT, TOO_OLD = ExceptionClass.CONFLICT, ExceptionClass.TOO_OLD
BELOW_ZERO, HELD_UNCLEAR = ExceptionClass.BELOW_ZERO, ExceptionClass.HELD_UNCLEAR


class Desk:
    """Raises once and clears once: what stands about a SKU is written on its card."""

    def __init__(self, out: Outputs) -> None:
        self._out = out

    def conflict(self, movement: Movement, record: SourceRecord) -> None:
        """Keep a movement apart whose id was said before with other content."""
        self._kept_apart(CONFLICT, movement, record, "the id was said before with other content")

    def too_old(self, movement: Movement, record: SourceRecord) -> None:
        """Keep a movement apart that cannot be told from a repeat."""
        why = "it occurred before the newest movement forgotten: it may be a repeat"
        self._kept_apart(TOO_OLD, movement, record, why)

    def accepted(self, card: StockCard, movement: Movement, source: str) -> None:
        """Clear what stood for a movement that a person has accepted now."""
        original = movement.accepts or ""
        classes = (CONFLICT,) if card.remembered.knows(original) else (CONFLICT, TOO_OLD)
        for of in classes:
            self._out.notice(
                Notice(
                    of,
                    exception_id(of, original),
                    "cleared",
                    movement.sku,
                    original,
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

    def no_cost(self, card: StockCard, at: datetime, source: str) -> None:
        """Say that entries of the SKU wait for a cost."""
        why = f"Khaos has told no cost of {card.sku}: its entries wait"
        self._raise(card, NO_COST, card.sku, why=why, at=at, source=source)

    def cost_known(self, card: StockCard, at: datetime, source: str) -> None:
        """Say that no entry of the SKU waits for a cost any more."""
        why = "no entry waits for a cost any more"
        self._clear(card, NO_COST, card.sku, why=why, at=at, source=source)

    def held_unclear(self, card: StockCard, movement: Movement, source: str) -> None:
        """Say that goods left without naming a record where some of them are on hold."""
        place = Place(movement.account, movement.site)
        held_milli = card.held_milli(place)
        if not held_milli:
            return
        why = (
            f"{render_quantity(movement.quantity_milli)} left {place.site} without naming a stock "
            f"record while {render_quantity(held_milli)} are on hold: taken as saleable"
        )
        about = _about(card.sku, place)
        self._raise(card, HELD_UNCLEAR, about, why=why, at=movement.received_at, source=source)

    def look_at_levels(self, card: StockCard, source: str) -> None:
        """Raise what a level below zero needs, clear what has come right."""
        if card.as_of is None:
            return
        for place, on_hand in card.on_hand.items():
            about = _about(card.sku, place)
            if on_hand < 0:
                why = (
                    f"{render_quantity(on_hand)} of {card.sku} at {place.site} for "
                    f"{place.account}: a goods-in is missing, or a count"
                )
                self._raise(card, BELOW_ZERO, about, why=why, at=card.as_of, source=source)
            elif card.exceptions:
                why = "the level is not below zero any more"
                self._clear(card, BELOW_ZERO, about, why=why, at=card.as_of, source=source)
                if not card.held_milli(place):
                    why = "nothing is on hold there any more"
                    self._clear(card, HELD_UNCLEAR, about, why=why, at=card.as_of, source=source)

    def _kept_apart(
        self, of: ExceptionClass, movement: Movement, record: SourceRecord, why: str
    ) -> None:
        self._out.kept_apart(of, movement, record, why)
        self._out.notice(
            Notice(
                of,
                exception_id(of, movement.movement_id),
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

    def _raise(
        self,
        card: StockCard,
        of: ExceptionClass,
        about: str,
        *,
        why: str,
        at: datetime,
        source: str,
    ) -> None:
        name = exception_id(of, about)
        if name not in card.exceptions:
            card.exceptions[name] = at
            self._out.notice(Notice(of, name, "raised", card.sku, None, why, at, at, source))

    def _clear(
        self,
        card: StockCard,
        of: ExceptionClass,
        about: str,
        *,
        why: str,
        at: datetime,
        source: str,
    ) -> None:
        name = exception_id(of, about)
        raised_at = card.exceptions.pop(name, None)
        if raised_at is not None:
            self._out.notice(
                Notice(of, name, "cleared", card.sku, None, why, at, raised_at, source)
            )


def _about(sku: str, place: Place) -> str:
    return f"{sku}:{place.account}:{place.site}"
