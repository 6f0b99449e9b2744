"""Receipts: goods-in of a purchase, or of a customer's return."""

from ledger.movement import MovementKind
from streams.clarus.fields import Fields
from streams.clarus.records import Unreadable


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
