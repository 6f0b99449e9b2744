"""One fact from the warehouse: what moved, which way, when, and how we know."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from ledger.immutable import immutable


class MovementKind(Enum):
    """What a movement does to a stock level; the sign lives here, never in a quantity."""

    OPENING = "opening"  # the position at cut-over, held and picked goods included
    OPENING_HOLD = "opening_hold"  # a stock record that was on hold at cut-over
    RECEIVED = "received"
    UNRECEIVED = "unreceived"  # a receipt undone
    RETURNED = "returned"  # a customer's goods back on the shelf
    UNRETURNED = "unreturned"  # such a receipt undone: booked against what the return was
    DISPATCHED = "dispatched"  # only despatch takes goods out of the building
    UNDISPATCHED = "undispatched"
    ADJUSTED_UP = "adjusted_up"
    ADJUSTED_DOWN = "adjusted_down"
    HELD = "held"  # sets the state of a whole stock record
    RELEASED = "released"
    ACCOUNT_IN = "account_in"  # goods change owner in place: two movements of one group
    ACCOUNT_OUT = "account_out"
    TRANSFER_IN = "transfer_in"  # between sites; no documented Clarus event tells of it yet
    TRANSFER_OUT = "transfer_out"
    CONVERSION_IN = "conversion_in"  # works orders; no documented Clarus event tells of it yet
    CONVERSION_OUT = "conversion_out"

    # Enum's own hash is computed in Python on every look-up (3.11): a seventh of the fold's time.
    __hash__ = object.__hash__


INWARD = frozenset(
    {
        MovementKind.OPENING,
        MovementKind.RECEIVED,
        MovementKind.RETURNED,
        MovementKind.UNDISPATCHED,
        MovementKind.ADJUSTED_UP,
        MovementKind.ACCOUNT_IN,
        MovementKind.TRANSFER_IN,
        MovementKind.CONVERSION_IN,
    }
)
HOLDS = frozenset({MovementKind.OPENING_HOLD, MovementKind.HELD, MovementKind.RELEASED})
OPENINGS = frozenset({MovementKind.OPENING, MovementKind.OPENING_HOLD})
ACCEPTED = "accepted:"  # begins the id of what a person accepted; what was told follows


@immutable
class Movement:
    """A fact: `quantity_milli` thousandths of `sku` moved at `site` for `account`.

    `content_hash` covers the meaning (every field but `received_at` and `delivery`), so that
    a fact told twice is recognised whatever its bytes looked like.
    """

    movement_id: str
    kind: MovementKind
    sku: str
    site: str
    account: str
    quantity_milli: int  # never negative; an opening may be negative, as a level may
    occurred_at: datetime  # UTC, the warehouse's clock
    received_at: datetime  # UTC, the clock of Kafka where the delivery arrived
    content_hash: str  # 16 hexadecimal digits
    reason: str | None = None  # a reason code as Clarus sends it
    note: str | None = None  # what staff typed
    stock_record: str | None = None
    batch: str | None = None
    order: str | None = None
    receipt: str | None = None
    group: str | None = None  # the movements of one action share it
    counterpart: str | None = None  # the other account of an account transfer
    delivery: str | None = None  # topic/partition/offset it was read from; none for an opening
    accepts: str | None = None  # the movement a person accepted by this one (E04, E05)

    @property
    def told(self) -> str:
        """Return what tells it from anything else that is said under its id."""
        return f"{self.movement_id}:{self.content_hash}"

    @property
    def accepted_id(self) -> str:
        """Return the id it has once a person has accepted it: accepting twice is accepting once."""
        return ACCEPTED + self.told

    @property
    def signed_milli(self) -> int:
        """Thousandths with the sign of their effect on the stock on hand; 0 for holds."""
        if self.kind in HOLDS:
            return 0
        return self.quantity_milli if self.kind in INWARD else -self.quantity_milli


@dataclass(frozen=True, slots=True)
class Opened:
    """A site of an account is open from `at`; written to every partition after its openings."""

    account: str
    site: str
    at: datetime  # UTC: what occurred before is set aside, at or after it applies
