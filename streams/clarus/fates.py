"""What becomes of every event of Clarus: one table. An event that is not in it is quarantined."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from ledger.movement import MovementKind


class Document(Enum):
    """What is kept for a capability to come."""

    ORDER = "order"
    RECEIPT = "receipt"
    PICK_LIST = "pick_list"


@dataclass(frozen=True, slots=True)
class Moves:
    """A movement of this kind."""

    kind: MovementKind


@dataclass(frozen=True, slots=True)
class ChangesOwner:
    """Two movements of one group: out of one account, into the other."""


@dataclass(frozen=True, slots=True)
class WithoutEffect:
    """It changes no stock, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Held for a capability to come."""

    document: Document


@dataclass(frozen=True, slots=True)
class Completes:
    """States what was received or despatched of a document: movements of a header-only tenant."""

    document: Document


Fate = Moves | ChangesOwner | WithoutEffect | Kept | Completes
Event = tuple[str, str]  # resource, event

_IN_THE_BUILDING = WithoutEffect("picked goods are still in the building: only despatch moves them")
_PLACE_ONLY = WithoutEffect("goods change their place inside the warehouse, not their number")
_TOLD_BY_DISPATCH = WithoutEffect("stock.dispatched tells of the same goods")
_A_TOTAL = WithoutEffect("a total of nobody knows which scope, not a movement")
_AN_INVOICE = WithoutEffect("an invoice of the warehouse to its client, not stock")
_A_FAILURE = WithoutEffect("tells of an automation or import that failed, not of stock")
_A_FILE = WithoutEffect("tells of a file, not of stock")
_A_CLOCK = WithoutEffect("tells that a schedule is due, not of stock")
_ORDER, _RECEIPT, _PICK_LIST = map(Kept, Document)

# Every resource and event of the vendor's published list of triggers.
FATES: Mapping[Event, Fate] = {
    ("stock", "positively_adjusted"): Moves(MovementKind.ADJUSTED_UP),
    ("stock", "negatively_adjusted"): Moves(MovementKind.ADJUSTED_DOWN),
    ("stock", "placed_on_hold"): Moves(MovementKind.HELD),
    ("stock", "released_from_hold"): Moves(MovementKind.RELEASED),
    ("stock", "received"): Moves(MovementKind.RECEIVED),  # or returned, by the receipt's type
    ("stock", "unreceived"): Moves(MovementKind.UNRECEIVED),
    ("stock", "dispatched"): Moves(MovementKind.DISPATCHED),
    ("stock", "undispatched"): Moves(MovementKind.UNDISPATCHED),
    ("stock", "account_transferred"): ChangesOwner(),
    ("stock", "picked"): _IN_THE_BUILDING,
    ("stock_balance", "updated"): _A_TOTAL,
    ("putaway_task", "completed"): _PLACE_ONLY,
    ("load_drop", "dispatched"): _TOLD_BY_DISPATCH,
    ("goods_in", "created"): _RECEIPT,
    ("goods_in", "completed"): _RECEIPT,
    ("goods_in", "cancelled"): _RECEIPT,
    ("goods_in", "moved_to_part"): _RECEIPT,
    ("goods_out", "created"): _ORDER,
    ("goods_out", "completed"): _ORDER,
    ("goods_out", "updated"): _ORDER,
    ("goods_out", "processed"): _ORDER,
    ("goods_out", "cancelled"): _ORDER,
    ("goods_out_pick_list", "created"): _PICK_LIST,
    ("goods_out_pick_list", "completed"): _PICK_LIST,
    ("goods_out_pick_list", "cancelled"): _PICK_LIST,
    ("goods_out_pick_list", "picked"): _PICK_LIST,
    ("invoice", "submitted"): _AN_INVOICE,
    ("invoice", "authorised"): _AN_INVOICE,
    ("invoice", "paid"): _AN_INVOICE,
    ("failure_event_log", "created"): _A_FAILURE,
    ("ftp_file", "uploaded"): _A_FILE,
    ("ftp_import", "failed"): _A_FAILURE,
    ("daily_schedule", "triggered"): _A_CLOCK,
    ("weekly_schedule", "triggered"): _A_CLOCK,
    ("monthly_schedule", "triggered"): _A_CLOCK,
    ("one_time_schedule", "triggered"): _A_CLOCK,
}

_TOLD_BY_HEADERS = WithoutEffect(
    'completed receipts and orders tell of the same goods (clarus.feed = "headers")'
)
# What differs for a tenant that can send only header events. Adjustments, holds and transfers
# between accounts have no header twin: if they come all the same, they count.
HEADER_FATES: Mapping[Event, Fate] = {
    **FATES,
    ("stock", "received"): _TOLD_BY_HEADERS,
    ("stock", "unreceived"): _TOLD_BY_HEADERS,
    ("stock", "dispatched"): _TOLD_BY_HEADERS,
    ("stock", "undispatched"): _TOLD_BY_HEADERS,
    ("goods_in", "completed"): Completes(Document.RECEIPT),
    ("goods_out", "completed"): Completes(Document.ORDER),
}
