"""What of a stock level is on hold: states of whole stock records, and what moved there since.

A hold sets the state of a record and may repeat byte for byte, so it is no delta. Until its
release whatever leaves the record or comes to it changes what is held of it; one that was emptied
stays on hold, with nothing. Under the arrival clock events are stepped through as they come. Under
a clock of the body they are kept for the window and stepped through in that clock's order, so that
held is the same in any order of arrival.
"""

from bisect import insort
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from typing import NamedTuple

from ledger.movement import Movement, MovementKind
from ledger.quantity import LEVELS_MILLI_MAX

HELD_MAX = 4_096  # records on hold on one card; beyond it the oldest lose their names, see `_step`
EMPTIED_MAX = 64  # of those, records of nothing; beyond it the one held longest is not held
LOG_MAX = 1_024  # beyond it the oldest events become history: they can no longer be overtaken
WINDOW_MS = 14 * 86_400_000
_OPENING_OFFSET = -1  # what an opening lists was so before whatever occurred at that moment
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Place(NamedTuple):
    """Where stock stands: whose, and at which site."""

    account: str
    site: str


class HoldStep(Enum):
    """What an event does to the held quantity."""

    HOLD = "hold"  # the record is held, with this quantity
    RELEASE = "release"  # the record is not held
    LEAVE = "leave"  # goods left: the named record, or held stock first where none is named
    COME = "come"  # goods came to the named record: held if it is, of no concern if not


class Noted(Enum):
    """What an event has told of what is on hold."""

    CHANGED = auto()
    AGAIN = auto()  # nothing new
    TOO_OLD = auto()  # it occurred before what became history: it may be a repeat, or undone


class HoldEvent(NamedTuple):
    """One event of the held arithmetic; sorts by its time, ties by the delivery's offset."""

    at_ms: int  # 0 under the arrival clock
    offset: int  # below all others for what an opening lists
    step: str  # a HoldStep value
    account: str
    site: str
    record: str  # "" where the movement named none
    quantity_milli: int


Held = dict[tuple[Place, str], int]  # thousandths by place and record, oldest hold first

_STATES = (HoldStep.HOLD.value, HoldStep.RELEASE.value)


@dataclass(slots=True)
class Holds:
    """Invariant: `held` is `history` stepped through `log` in order."""

    held: Held = field(default_factory=Held)
    log: list[HoldEvent] = field(default_factory=list[HoldEvent])  # body clocks only
    history: Held = field(default_factory=Held)  # held before the first event of the log
    history_until_ms: int = 0

    def note(self, event: HoldEvent, *, body_clock: bool, is_new: bool = False) -> Noted:
        """Take an event in, unless it tells nothing new or is too old to tell.

        One known to be new is taken in however old it is: as the last of what is history.
        """
        if not body_clock:
            return Noted.CHANGED if _step(self.held, event) else Noted.AGAIN
        if event.step in _STATES and any(_same(event, known) for known in self.log):
            return Noted.AGAIN
        if event.at_ms < self.history_until_ms and not is_new:
            return Noted.TOO_OLD
        insort(self.log, event)
        is_last = self.log[-1] is event
        self._forget()
        if is_last:  # nothing has to be stepped through again
            _step(self.held, event)
            return Noted.CHANGED
        self.held = dict(self.history)
        for known in self.log:
            _step(self.held, known)
        return Noted.CHANGED

    def held_milli(self, place: Place, on_hand_milli: int) -> int:
        """Return thousandths on hold at a place: never below zero, never over the on hand."""
        return max(0, min(on_hand_milli, self.stated_milli(place))) if self.held else 0

    def stated_milli(self, place: Place) -> int:
        """Return what the records on hold at a place come to, be it on hand or not."""
        return sum(milli for (at, _), milli in self.held.items() if at == place)

    def _forget(self) -> None:
        window = self.log[-1].at_ms - WINDOW_MS
        while len(self.log) > LOG_MAX or self.log[0].at_ms < window:
            gone = self.log.pop(0)
            _step(self.history, gone)
            self.history_until_ms = max(self.history_until_ms, gone.at_ms)


def hold_event(
    movement: Movement, offset: int, *, body_clock: bool, held_first: bool
) -> HoldEvent | None:
    """Return what a movement does to the held quantity; None if nothing."""
    step = _step_of(movement, held_first=held_first)
    if step is None:
        return None
    at_ms = int((movement.occurred_at - _EPOCH).total_seconds() * 1000) if body_clock else 0
    return HoldEvent(
        at_ms,
        _OPENING_OFFSET if movement.kind is MovementKind.OPENING_HOLD else offset,
        step.value,
        movement.account,
        movement.site,
        movement.stock_record or "",
        movement.quantity_milli,
    )


def _step_of(movement: Movement, *, held_first: bool) -> HoldStep | None:
    match movement.kind:
        case MovementKind.HELD | MovementKind.OPENING_HOLD:
            return HoldStep.HOLD
        case MovementKind.RELEASED:
            return HoldStep.RELEASE
        case _ if movement.signed_milli < 0:
            return HoldStep.LEAVE if movement.stock_record or held_first else None
        case _:
            return HoldStep.COME if movement.signed_milli and movement.stock_record else None


def _step(held: Held, event: HoldEvent) -> bool:
    """Change `held` by one event; False if it changed nothing.

    Beyond `HELD_MAX` records the oldest hold becomes one of no record: it stays held, goods that
    name no record are taken from it, and its release is not recognised. Of a record on hold that
    has nothing left only the state is known; beyond `EMPTIED_MAX` the one held longest loses it.
    """
    place = Place(event.account, event.site)
    key = (place, event.record)
    match HoldStep(event.step):
        case HoldStep.HOLD:
            if held.get(key) == event.quantity_milli:
                return False
            held.pop(key, None)
            held[key] = event.quantity_milli  # a hold again is the youngest
            if len(held) > HELD_MAX:
                _forget_name(held)
            if not event.quantity_milli:
                _forget_emptied(held)
            return True
        case HoldStep.RELEASE:
            return held.pop(key, None) is not None
        case HoldStep.LEAVE:
            keys = [key] if event.record else [k for k in held if k[0] == place]
            return _take(held, keys, event.quantity_milli)
        case HoldStep.COME:
            if key not in held:
                return False
            held[key] = _bounded(held[key] + event.quantity_milli)
            return True


def _take(held: Held, keys: list[tuple[Place, str]], quantity_milli: int) -> bool:
    taken, emptied = 0, False
    for key in keys:
        part = min(held.get(key, 0), quantity_milli - taken)
        if part:
            held[key] -= part
            taken += part
            emptied = emptied or not held[key]
            if not held[key] and not key[1]:
                del held[key]
    if emptied:
        _forget_emptied(held)
    return taken > 0


def _forget_emptied(held: Held) -> None:
    emptied = [key for key, milli in held.items() if key[1] and not milli]
    for key in emptied[:-EMPTIED_MAX]:
        del held[key]


def _forget_name(held: Held) -> None:
    place, record = next(key for key in held if key[1])
    milli = held.pop((place, record))
    if milli:
        held[place, ""] = _bounded(held.get((place, ""), 0) + milli)


def _bounded(milli: int) -> int:
    # More than all levels together is never on hand, so the rest could never be missed.
    return min(milli, LEVELS_MILLI_MAX)


def _same(one: HoldEvent, other: HoldEvent) -> bool:
    return one._replace(offset=0) == other._replace(offset=0)
