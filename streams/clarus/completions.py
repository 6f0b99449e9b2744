"""Completed receipts and orders of a tenant that can send only header events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ledger.movement import Movement, MovementKind
from ledger.wire import hashed
from streams.clarus.arrival import Arrival, Foreign, HeldBack
from streams.clarus.documents import kept
from streams.clarus.fates import Document
from streams.clarus.fields import Fields
from streams.clarus.receipts import RECEIPT_UNDONE, receipt_kind
from streams.clarus.records import Unreadable
from tables.completed import Difference, StatedLine, Statement

# Documented values of goods_out_type. A works order is a build and a crossdock was never in stock:
# neither is a sale, and their bodies do not say what moved.
SALE = "sales_order"
NO_SALE = ("work_order", "crossdock")

_UNDOES: Mapping[MovementKind, MovementKind] = {
    **RECEIPT_UNDONE,
    MovementKind.DISPATCHED: MovementKind.UNDISPATCHED,
}


@dataclass(frozen=True, slots=True)
class Completed:
    """A document states what moved of it; what of that is new, the memory of documents knows."""

    statement: Statement
    arrival: Arrival
    document_id: str
    order: str | None
    receipt: str | None

    def movements(self, difference: Difference) -> tuple[Movement, ...]:
        """Return the movements of what is new."""
        return tuple(self._movement(*change, difference.telling) for change in difference.changes)

    def _movement(self, line: StatedLine, change: int, telling: int) -> Movement:
        document = f"{self.arrival.id}:{self.document_id}"
        ends = (
            f":{line.line_id}",
            ":less" if change < 0 else "",
            f":{telling}" if telling > 1 else "",
        )
        movement = Movement(
            movement_id=document + "".join(ends),
            kind=line.kind if change > 0 else _UNDOES[line.kind],
            sku=line.sku,
            site=line.site,
            account=line.account,
            quantity_milli=abs(change),
            occurred_at=self.statement.at,
            received_at=self.arrival.received_at,
            content_hash="",
            order=self.order,
            receipt=self.receipt,
            group=document,
            delivery=self.arrival.delivery,
        )
        return hashed(movement)


@dataclass(frozen=True, slots=True)
class Disowned:
    """A document that names no account of ours; foreign, unless an earlier telling named one."""

    document: str  # as of a statement
    stated: Completed | Unreadable  # that nothing of ours moved, or why that cannot be said


def completed(
    document: Document, fields: Fields, arrival: Arrival
) -> Completed | HeldBack | Disowned | Foreign:
    """Return what a completed document states; all of its lines, or it is refused.

    Whose stock moved, each line says: it may come from a linked account, whoever's the order is.
    """
    owner = fields.account()
    if not (owner.is_ours or any(map(_names_ours, fields.inners_found("lines")))):
        return _disowned(document, fields, arrival)
    if document is Document.ORDER:
        kind = fields.code("goods_out_type")
        if kind in NO_SALE:
            return kept(document, fields, arrival, owner.code)
        if kind != SALE:
            raise Unreadable(f"goods_out_type: {kind!r} is neither {SALE} nor one of {NO_SALE}")
    return _stated(document, fields, arrival)


def _names_ours(line: Fields) -> bool:
    """Say whether a line names an account of ours; one that does not read names none."""
    try:
        return line.names_an_account() and line.account().is_ours
    except Unreadable:
        return False


def _disowned(document: Document, fields: Fields, arrival: Arrival) -> Disowned | Foreign:
    """Return a document of others; that it does not read is no reason to keep it."""
    try:
        name = _name(fields, arrival)
    except Unreadable:
        return Foreign()
    try:
        return Disowned(name, _stated(document, fields, arrival))
    except Unreadable as refusal:
        return Disowned(name, refusal)


def _stated(document: Document, fields: Fields, arrival: Arrival) -> Completed:
    is_receipt = document is Document.RECEIPT
    kind = receipt_kind(fields) if is_receipt else MovementKind.DISPATCHED
    moved = _moved(fields, kind, "received" if is_receipt else "dispatched")
    reference = fields.code_or_none("reference")
    return Completed(
        Statement(_name(fields, arrival), _completed_at(fields, arrival), moved),
        arrival,
        fields.code("id"),
        order=None if is_receipt else reference,
        receipt=reference if is_receipt else None,
    )


def _name(fields: Fields, arrival: Arrival) -> str:
    return f"{arrival.event[0]}:{fields.code('id')}"


def _completed_at(fields: Fields, arrival: Arrival) -> datetime:
    at = fields.past_or_none("completed_at", arrival.received_at)
    if at is None:
        raise Unreadable(f"{fields.name('completed_at')}: there is none")
    return at


def _moved(fields: Fields, kind: MovementKind, quantity: str) -> dict[StatedLine, int]:
    """Return what moved by line; a line of a foreign account is not ours to move."""
    lines = fields.inners("lines")
    if not lines:
        raise Unreadable(f"{fields.name('lines')}: there are none")
    moved: dict[StatedLine, int] = {}
    for line_id, line in zip(_line_ids(lines), lines, strict=True):
        milli = line.milli(quantity)
        if milli < 0:
            raise Unreadable(f"{line.name(quantity)} of line {line_id}: below zero")
        owner = line.account() if line.names_an_account() else fields.account()
        if milli == 0 or not owner.is_ours:
            continue
        site = line.site() if line.has("site") else fields.site()
        moved[StatedLine(line_id, kind, line.sku(), site, owner.code)] = milli
    return moved


def _line_ids(lines: list[Fields]) -> list[str]:
    """Return an id for each line, by its place in the document where it has none."""
    ids = [
        line.code_or_none("id") or line.code_or_none("line_number") or f"line{number}"
        for number, line in enumerate(lines, start=1)
    ]
    if len(set(ids)) < len(ids):
        raise Unreadable("lines: two of them have the same id")
    return ids
