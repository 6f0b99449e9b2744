"""Exceptions about a SKU: written on its card while they stand, so that each is raised once."""

from datetime import datetime

from ledger.exceptions import ExceptionClass, Notice, exception_id
from ledger.holds import Place
from ledger.level import StockCard
from ledger.movement import Movement
from ledger.quantity import render_quantity
from streams.keep_stock_outputs import Outputs

NO_COST = ExceptionClass.NO_COST
BELOW_ZERO, HELD_UNCLEAR = ExceptionClass.BELOW_ZERO, ExceptionClass.HELD_UNCLEAR


class Standing:
    """Invariant: an exception is on its card from its raising to its clearing, no longer."""

    def __init__(self, out: Outputs) -> None:
        self._out = out

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
        held_milli = card.holds.stated_milli(place)  # all may have left, and be on hold still
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
                if not card.holds.stated_milli(place):
                    why = "nothing is on hold there any more"
                    self._clear(card, HELD_UNCLEAR, about, why=why, at=card.as_of, source=source)

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
