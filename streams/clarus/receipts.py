"""Receipts: goods-in of a purchase, or of a customer's return; and receipts undone."""

from collections.abc import Mapping

from ledger.movement import MovementKind
from streams.clarus.fields import Fields
from streams.clarus.records import Unreadable

# Undone, a receipt is booked against what it was booked as.
RECEIPT_UNDONE: Mapping[MovementKind, MovementKind] = {
    MovementKind.RECEIVED: MovementKind.UNRECEIVED,
    MovementKind.RETURNED: MovementKind.UNRETURNED,
}
RECEIPTS = frozenset({MovementKind.RECEIVED, MovementKind.UNRECEIVED})  # as events name them


def told_kind(kind: MovementKind, fields: Fields) -> MovementKind:
    """Return what a stock event of a receipt, done or undone, is by the receipt's type."""
    receipt = receipt_kind(fields) if fields.has("receipt_type") else _untyped(fields)
    return receipt if kind is MovementKind.RECEIVED else RECEIPT_UNDONE[receipt]


def receipt_kind(fields: Fields) -> MovementKind:
    """Return whether a receipt is a return; an unknown type waits for a person, never guessed."""
    said = fields.code("receipt_type")
    settings = fields.words.settings
    if said in settings.return_receipts:
        return MovementKind.RETURNED
    if said in settings.standard_receipts:
        return MovementKind.RECEIVED
    raise Unreadable(
        f"receipt_type: {said!r} is neither in clarus.standard_receipts nor in "
        "clarus.return_receipts"
    )


def _untyped(fields: Fields) -> MovementKind:
    if fields.words.settings.untyped_receipts == "standard":
        return MovementKind.RECEIVED
    raise Unreadable(
        f"{fields.name('receipt_type')}: there is none, and clarus.untyped_receipts refuses that"
    )
