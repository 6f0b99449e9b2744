"""What is kept for a capability to come: orders, receipts and pick lists, without people."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One line of a document; quantities in thousandths, None where the body says nothing."""

    line_id: str | None
    sku: str | None
    line_number: str | None
    external_reference: str | None
    ordered_milli: int | None
    allocated_milli: int | None
    picked_milli: int | None
    dispatched_milli: int | None
    expected_milli: int | None
    received_milli: int | None


@dataclass(frozen=True, slots=True)
class Held:
    """One document as one event told of it.

    Only what is listed here is kept: no names, addresses or contacts can slip through.
    """

    held_id: str  # the event's own; a document has many
    resource: str
    event: str
    document: str  # order, receipt or pick_list
    document_id: str
    reference: str | None
    account: str | None  # none: the body does not say
    site: str | None
    type: str | None  # of an order or a receipt, as Clarus says it
    status: str | None
    external_references: tuple[str, ...]
    carrier: str | None  # its code
    tracking_numbers: tuple[str, ...]
    expected_at: datetime | None
    completed_at: datetime | None
    lines: tuple[HeldLine, ...]
    received_at: datetime
    delivery: str
