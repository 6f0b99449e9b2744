"""How much of a SKU is on hold: whole stock records put on hold, and what moved there since."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from streams.verification.facts import HOLDING, LEVELS_MAX, Fact, Place

RECORDS_MAX = 4_096  # beyond it the oldest hold loses its name
EMPTIED_MAX = 64  # of them, records of nothing; beyond it the one held longest goes
EVENTS_MAX = 1_024
WINDOW_MS = 14 * 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Records = dict[tuple[Place, str], int]  # held thousandths, oldest hold first
Step = tuple[int, int, str, Place, str, int]  # time, offset, what, place, record, thousandths


@dataclass(slots=True)
class Held:
    """The records of one SKU that are on hold."""

    records: Records = field(default_factory=Records)
    steps: list[Step] = field(default_factory=list[Step])  # where the body's clock orders holds
    before: Records = field(default_factory=Records)  # what was held before the first step
    settled_ms: int = 0  # what occurred earlier is too old to tell

    def take(
        self, fact: Fact, offset: int, *, by_body_clock: bool, held_first: bool, is_new: bool
    ) -> str | None:
        """Let a fact change what is held; `repeated` or `too_old` where it changes nothing.

        One that is new is never too old: where its time is settled, it is the last of that.
        """
        what = _what(fact, held_first=held_first)
        if what is None:
            return "repeated"
        at_ms = (fact.occurred_at - _EPOCH) // timedelta(milliseconds=1) if by_body_clock else 0
        at = -1 if fact.kind == "opening_hold" else offset  # before all else of its moment
        step = (at_ms, at, what, fact.place, fact.record, fact.milli)
        if by_body_clock:
            return self._in_order(step, is_new=is_new)
        return None if _do(self.records, step) else "repeated"

    def at(self, place: Place, on_hand: int) -> int:
        """Return the thousandths on hold at a place: never more than there is."""
        total = sum(held for (where, _), held in self.records.items() if where == place)
        return max(0, min(on_hand, total))

    def _in_order(self, step: Step, *, is_new: bool) -> str | None:
        if any(_is_again(step, known) for known in self.steps):
            return "repeated"
        if step[0] < self.settled_ms and not is_new:
            return "too_old"
        self.steps.append(step)
        self.steps.sort()
        until = self.steps[-1][0] - WINDOW_MS
        while len(self.steps) > EVENTS_MAX or self.steps[0][0] < until:
            settled = self.steps.pop(0)
            _do(self.before, settled)
            self.settled_ms = max(self.settled_ms, settled[0])
        self.records = dict(self.before)
        for known in self.steps:
            _do(self.records, known)
        return None


def is_holding(fact: Fact) -> bool:
    """Say whether a fact only sets the state of a stock record."""
    return fact.kind in HOLDING


def _what(fact: Fact, *, held_first: bool) -> str | None:
    if is_holding(fact):
        return "release" if fact.kind == "released" else "hold"
    if fact.effect > 0 and fact.record:
        return "come"
    return "leave" if fact.effect < 0 and (fact.record or held_first) else None


def _is_again(one: Step, other: Step) -> bool:
    return one[2] in ("hold", "release") and (one[0], *one[2:]) == (other[0], *other[2:])


def _do(records: Records, step: Step) -> bool:
    _, _, what, place, record, quantity = step
    if what == "hold":
        if records.get((place, record)) == quantity:
            return False
        records.pop((place, record), None)
        records[place, record] = quantity
        if len(records) > RECORDS_MAX:
            _lose_a_name(records)
        _lose_emptied(records)
        return True
    if what == "release":
        return records.pop((place, record), None) is not None
    if what == "come":
        before = records.get((place, record))
        if before is not None:
            records[place, record] = min(before + quantity, LEVELS_MAX)
        return before is not None
    named = [(place, record)] if record else [key for key in records if key[0] == place]
    return _leave(records, named, quantity)


def _leave(records: Records, named: list[tuple[Place, str]], quantity: int) -> bool:
    left = quantity
    for key in named:
        part = min(records.get(key, 0), left)
        left -= part
        if part and records[key] == part and not key[1]:
            del records[key]
        elif part:
            records[key] -= part
    _lose_emptied(records)
    return left < quantity


def _lose_a_name(records: Records) -> None:
    oldest = next(key for key in records if key[1])
    quantity = records.pop(oldest)
    unnamed = (oldest[0], "")
    if quantity:
        records[unnamed] = min(records.get(unnamed, 0) + quantity, LEVELS_MAX)


def _lose_emptied(records: Records) -> None:
    """Keep the names of a few records on hold that have nothing left."""
    if list(records.values()).count(0) > EMPTIED_MAX:
        emptied = [key for key, quantity in records.items() if quantity == 0 and key[1]]
        for key in emptied[: max(0, len(emptied) - EMPTIED_MAX)]:
            del records[key]
