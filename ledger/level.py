"""The stock card of one SKU, and the fold that changes it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from ledger.holds import Holds, Place, hold_event
from ledger.movement import HOLDS, Movement
from ledger.remembered import Remembered, content_hash_prefix, id_hash
from ledger.valuation import Pool, Product


class Unrecorded(Enum):
    """Where goods come from that leave without naming a stock record."""

    SALEABLE = auto()
    HELD_FIRST = auto()


@dataclass(slots=True)
class StockCard:
    """A working copy of everything known of one SKU.

    Invariant: `applied_offset` is the offset of the last movement in the numbers beside it.
    """

    sku: str
    version: int = 0  # rises with every movement applied and every change that shows
    on_hand: dict[Place, int] = field(default_factory=dict[Place, int])  # thousandths
    holds: Holds = field(default_factory=Holds)
    remembered: Remembered = field(default_factory=Remembered)
    applied_offset: int = -1
    product_offset: int = -1
    pool: Pool = field(default_factory=Pool)
    product: Product | None = None
    as_of: datetime | None = None  # when the last movement applied was received
    cause: str | None = None  # its id
    exceptions: dict[str, datetime] = field(default_factory=dict[str, datetime])  # id, raised at

    def held_milli(self, place: Place) -> int:
        """Return thousandths on hold at a place."""
        return self.holds.held_milli(place, self.on_hand.get(place, 0))


@dataclass(frozen=True, slots=True)
class Applied:
    """The card has changed."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """The offset was applied before: the engine must never let this happen."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """Said before, or a hold that tells nothing new: no effect."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Same id, other content: the first stands, a person decides (E04)."""


@dataclass(frozen=True, slots=True)
class TooOld:
    """Occurred before what has been forgotten: cannot be told from a repeat (E05)."""


Outcome = Applied | Replayed | Repeated | Conflict | TooOld
APPLIED, REPLAYED, REPEATED, CONFLICT, TOO_OLD = (
    Applied(),
    Replayed(),
    Repeated(),
    Conflict(),
    TooOld(),
)


def apply(
    card: StockCard,
    movement: Movement,
    offset: int,
    *,
    released_at: int | None = None,
    body_clock: bool = False,
    unrecorded: Unrecorded = Unrecorded.SALEABLE,
) -> Outcome:
    """Fold one movement into the card; any outcome but `Applied` leaves it as it was.

    `offset` is where the movement stands in the log; `released_at` where the opening stands that
    it waited for. `body_clock` says that holds are ordered by the body's time instead of by
    arrival. Depends on nothing but its arguments.
    """
    reached = offset if released_at is None else released_at
    if reached < card.applied_offset or (released_at is None and reached == card.applied_offset):
        return REPLAYED
    held_first = unrecorded is Unrecorded.HELD_FIRST
    if movement.kind in HOLDS:
        if not _note(card, movement, offset, body_clock=body_clock, held_first=held_first):
            return REPEATED
    else:
        seen = id_hash(movement.movement_id)
        refused = _identity(card, movement, seen)
        if refused is not None:
            return refused
        if card.holds.held or body_clock:
            _note(card, movement, offset, body_clock=body_clock, held_first=held_first)
        place = Place(movement.account, movement.site)
        card.on_hand[place] = card.on_hand.get(place, 0) + movement.signed_milli
        card.remembered.remember(movement, seen)
    card.version += 1
    card.applied_offset = reached
    card.as_of = movement.received_at
    card.cause = movement.movement_id
    return APPLIED


def _note(
    card: StockCard, movement: Movement, offset: int, *, body_clock: bool, held_first: bool
) -> bool:
    event = hold_event(movement, offset, body_clock=body_clock, held_first=held_first)
    return event is not None and card.holds.note(event, body_clock=body_clock)


def _identity(card: StockCard, movement: Movement, seen: bytes) -> Outcome | None:
    known = card.remembered.content_of(seen)
    if known == content_hash_prefix(movement):
        return REPEATED
    # What a person accepted is new by their word, however old; told once more, it is a repeat.
    is_too_old = movement.accepts is None and card.remembered.is_too_old(movement)
    if known is None and not is_too_old:
        return None
    if card.remembered.knows(movement.accepted_id):
        return REPEATED
    return TOO_OLD if known is None else CONFLICT
