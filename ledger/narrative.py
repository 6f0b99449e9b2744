"""What happened, in one plain sentence for the ledger's readers."""

from ledger.chart import UNEXPLAINED, Category
from ledger.movement import Movement, MovementKind
from ledger.quantity import render_quantity
from ledger.valuation import Pool, Product, render_unit_cost

_PAST: dict[MovementKind, str] = {
    MovementKind.OPENING: "in stock at the opening",
    MovementKind.OPENING_HOLD: "on hold at the opening",
    MovementKind.RECEIVED: "received",
    MovementKind.UNRECEIVED: "receipt undone",
    MovementKind.RETURNED: "returned by a customer",
    MovementKind.UNRETURNED: "return undone",
    MovementKind.DISPATCHED: "despatched",
    MovementKind.UNDISPATCHED: "despatch undone",
    MovementKind.ADJUSTED_UP: "adjusted up",
    MovementKind.ADJUSTED_DOWN: "adjusted down",
    MovementKind.HELD: "put on hold",
    MovementKind.RELEASED: "released from hold",
    MovementKind.ACCOUNT_IN: "came from another account",
    MovementKind.ACCOUNT_OUT: "went to another account",
    MovementKind.TRANSFER_IN: "came from another site",
    MovementKind.TRANSFER_OUT: "went to another site",
    MovementKind.CONVERSION_IN: "made",
    MovementKind.CONVERSION_OUT: "used up",
}
_UP, _DOWN = MovementKind.ADJUSTED_UP, MovementKind.ADJUSTED_DOWN
_ADJUSTED_AS: dict[tuple[MovementKind, str], str] = {
    (_DOWN, "damage"): "damaged",
    (_DOWN, "breakage"): "broken",
    (_DOWN, "expired"): "out of date",
    (_DOWN, "obsolete"): "written off as obsolete",
    (_DOWN, "faulty"): "faulty",
    (_DOWN, "refurbish"): "taken to refurbish",
    (_UP, "refurbish"): "back from refurbishing",
    (_DOWN, "sample"): "taken as samples",
    (_DOWN, "internal_use"): "used internally",
    (_DOWN, "count"): "too few by count",
    (_UP, "count"): "too many by count",
    (_UP, "found"): "found",
    (_DOWN, "theft"): "missing",
    (_DOWN, UNEXPLAINED): "gone unexplained",
    (_UP, UNEXPLAINED): "come unexplained",
}


def narrative(movement: Movement, category: Category) -> str:
    """Return one plain sentence for the ledger's readers."""
    quantity = render_quantity(movement.quantity_milli)
    text = f"{quantity} x {movement.sku} {_what_happened(movement, category)} at {movement.site}"
    return f"{text}: {movement.note}" if movement.note else text


def revaluation(product: Product, before: Product | None, pool: Pool) -> str:
    """Return what a new cost does to the units held."""
    text = f"{render_quantity(pool.units_milli)} x {product.sku} revalued"
    if before is not None and before.unit_cost_e4:
        text = f"{text} from {render_unit_cost(before.unit_cost_e4)}"
    return f"{text} to {render_unit_cost(product.unit_cost_e4 or 0)} pence a unit"


def _what_happened(movement: Movement, category: Category) -> str:
    kind = movement.kind
    if kind is not _UP and kind is not _DOWN:
        return _PAST[kind]
    return _ADJUSTED_AS.get((kind, category.name)) or f"{_PAST[kind]} as {category.name}"
