"""The stock card of one SKU, and the fold that changes it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from ledger.holds import HoldEvent, Holds, Noted, Place, hold_event
from ledger.movement import HOLDS, OPENINGS, Movement
from ledger.quantity import LEVELS_MILLI_MAX
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


@dataclass(frozen=True, slots=True)
class TooMuch:
    """No warehouse holds so much, or lacks it: the levels could not be written any more."""


@dataclass(slots=True)
class Admission:
    """What waited of one SKU is let in by the opening of its place: whole, in one go.

    Nothing of the place was applied before: what waited can repeat what is let in with it, and
    nothing that the card has forgotten.
    """

    offset: int  # of the opening
    let_in: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])  # id's hash, content


Outcome = Applied | Replayed | Repeated | Conflict | TooOld | TooMuch
APPLIED, REPLAYED, REPEATED, CONFLICT, TOO_OLD, TOO_MUCH = (
    Applied(),
    Replayed(),
    Repeated(),
    Conflict(),
    TooOld(),
    TooMuch(),
)


def apply(
    card: StockCard,
    movement: Movement,
    offset: int,
    *,
    admission: Admission | None = None,
    body_clock: bool = False,
    unrecorded: Unrecorded = Unrecorded.SALEABLE,
) -> Outcome:
    """Fold one movement into the card; any outcome but `Applied` leaves it as it was.

    `offset` is where the movement stands in the log; `admission` is of what waited for an
    opening. `body_clock` says that holds are ordered by the body's time instead of by
    arrival. Depends on nothing but its arguments.
    """
    reached = offset if admission is None else admission.offset
    if reached < card.applied_offset or (admission is None and reached == card.applied_offset):
        return REPLAYED
    held_first = unrecorded is Unrecorded.HELD_FIRST
    event = None
    if movement.kind in HOLDS or card.holds.held or body_clock:
        event = hold_event(movement, offset, body_clock=body_clock, held_first=held_first)
    change = _hold if movement.kind in HOLDS else _move
    refused = change(card, movement, event, admission, body_clock=body_clock)
    if refused is not None:
        return refused
    card.version += 1
    card.applied_offset = reached
    card.as_of = movement.received_at
    card.cause = movement.movement_id
    return APPLIED


def _hold(
    card: StockCard,
    movement: Movement,
    event: HoldEvent | None,
    admission: Admission | None,
    *,
    body_clock: bool,
) -> Outcome | None:
    match _note(card, movement, event, admission, body_clock=body_clock):
        case Noted.CHANGED:
            return None
        case Noted.AGAIN:
            return REPEATED
        case Noted.TOO_OLD:
            return TOO_OLD


def _move(
    card: StockCard,
    movement: Movement,
    event: HoldEvent | None,
    admission: Admission | None,
    *,
    body_clock: bool,
) -> Outcome | None:
    seen = id_hash(movement.movement_id)
    refused = _identity(card, movement, seen, admission)
    if refused is not None:
        return refused
    place = Place(movement.account, movement.site)
    before = card.on_hand.get(place, 0)
    level = before + movement.signed_milli
    if abs(level) > abs(before):
        others = sum(map(abs, card.on_hand.values())) - abs(before)
        if others + abs(level) > LEVELS_MILLI_MAX:
            return TOO_MUCH
    _note(card, movement, event, admission, body_clock=body_clock)
    card.on_hand[place] = level
    card.remembered.remember(movement, seen)
    if admission is not None:
        admission.let_in[seen] = content_hash_prefix(movement)
    return None


def _note(
    card: StockCard,
    movement: Movement,
    event: HoldEvent | None,
    admission: Admission | None,
    *,
    body_clock: bool,
) -> Noted:
    if event is None:
        return Noted.AGAIN
    is_new = body_clock and _is_new(movement, admission)
    return card.holds.note(event, body_clock=body_clock, is_new=is_new)


def _identity(
    card: StockCard, movement: Movement, seen: bytes, admission: Admission | None
) -> Outcome | None:
    known = _content_of(card, seen, admission)
    if known == content_hash_prefix(movement):
        return REPEATED
    is_too_old = card.remembered.is_too_old(movement) and not _is_new(movement, admission)
    if known is None and not is_too_old:
        return None
    if _content_of(card, id_hash(movement.accepted_id), admission) is not None:
        return REPEATED
    return TOO_OLD if known is None else CONFLICT


def _content_of(card: StockCard, seen: bytes, admission: Admission | None) -> bytes | None:
    known = card.remembered.content_of(seen)
    return known if known is not None or admission is None else admission.let_in.get(seen)


def _is_new(movement: Movement, admission: Admission | None) -> bool:
    """Say whether a movement repeats nothing that is forgotten, however long ago it occurred.

    What a person accepted is new by their word, an opening and what waited for it because nothing
    of their place was applied before.
    """
    return movement.accepts is not None or admission is not None or movement.kind in OPENINGS
