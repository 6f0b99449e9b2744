"""What one partition's movements come to, reckoned from the log with arithmetic of its own."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.simulation.kafka import Record

UP = {"opening", "received", "returned", "undispatched", "adjusted_up", "account_in"}
HOLDS = {"held", "released", "opening_hold"}
OPENINGS = {"opening", "opening_hold"}
EMPTIED_MAX = 64  # of a SKU, stock records on hold that have nothing left

Place = tuple[str, str]  # account, site
Shelf = tuple[str, str, str]  # SKU, account, site
Said = dict[str, Any]
Records = dict[tuple[Shelf, str], int]  # what is held, by stock record, oldest hold first
Apart = Counter[tuple[str, bytes]]  # where each comes from, and its bytes


@dataclass(frozen=True, slots=True)
class Moved:
    """What the one entry of an applied movement must say; thousandths, signed, none of a hold."""

    movement_id: str
    sku: str
    milli: int | None


@dataclass(frozen=True, slots=True)
class State:
    """What may be said of a SKU; thousandths."""

    cause: str  # id of the last movement in it
    as_of: str  # when that was received
    sites: tuple[tuple[str, int, int, int], ...]  # on hand, held, available of all accounts


@dataclass(slots=True)
class Expected:
    """The movements, folded plainly; quantities in thousandths.

    Goods that leave name their stock record: the hold of an unnamed one depends on the chart.
    """

    on_hand: defaultdict[Shelf, int] = field(default_factory=lambda: defaultdict(int))
    held: defaultdict[str, Records] = field(default_factory=lambda: defaultdict(dict))  # by SKU
    applied: dict[str, Moved] = field(default_factory=dict[str, Moved])  # by source
    apart: Apart = field(default_factory=Apart)  # conflicts
    fates: Counter[str] = field(default_factory=Counter[str])
    states: defaultdict[str, list[State | None]] = field(
        default_factory=lambda: defaultdict(list)
    )  # by SKU, at each rise of its version; none while nothing may be said
    opened: dict[Place, str] = field(default_factory=dict[Place, str])
    waiting: defaultdict[Place, list[tuple[Said, Record]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _contents: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    _last: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])

    def take(self, record: Record) -> None:
        """Fold one record of `stock.movements.v1`."""
        said = loads(record)
        if "control" in said:
            self._open((said["account"], said["site"]), said["at"])
            return
        place = (said["account"], said["site"])
        if said["kind"] in OPENINGS or place in self.opened:
            self._let_in(said, record)
        else:
            self.waiting[place].append((said, record))

    def levels(self) -> dict[Shelf, tuple[int, int]]:
        """Return on hand and held of every shelf; no more is held than there is."""
        return {shelf: self._level(shelf) for shelf in self.on_hand}

    def held_records(self) -> dict[tuple[str, ...], int]:
        """Return what is held of every stock record, by shelf and record."""
        return {
            (*shelf, record): held
            for records in self.held.values()
            for (shelf, record), held in records.items()
        }

    def _open(self, place: Place, at: str) -> None:
        """Open a place: its levels are said anew, and what waited for it is let in.

        A SKU is let in whole: of a half nothing may be said.
        """
        self.opened[place] = at
        before = {sku: len(states) for sku, states in self.states.items()}
        for sku in [shelf[0] for shelf in self.on_hand if shelf[1:] == place]:
            self._rise(sku)
        for said, record in self.waiting.pop(place, []):
            self._let_in(said, record)
        for sku, states in self.states.items():
            halves = range(before.get(sku, 0), len(states) - 1)
            states[halves.start : halves.stop] = [None for _ in halves]

    def _rise(self, sku: str) -> None:
        """Note what may be said of a SKU now that its version has risen."""
        sites: dict[str, tuple[int, int, int]] = {}
        for shelf in self.on_hand:
            if shelf[0] == sku and shelf[1:] in self.opened:
                on_hand, held = self._level(shelf)
                all_on_hand, all_held, free = sites.get(shelf[2], (0, 0, 0))
                own = max(0, on_hand - held)
                sites[shelf[2]] = (all_on_hand + on_hand, all_held + held, free + own)
        rows = sorted((site, *level) for site, level in sites.items())
        self.states[sku].append(State(*self._last[sku], tuple(rows)) if sites else None)

    def _level(self, shelf: Shelf) -> tuple[int, int]:
        on_hand, records = self.on_hand[shelf], self.held[shelf[0]]
        held = sum(milli for (own, _), milli in records.items() if own == shelf)
        return on_hand, max(0, min(on_hand, held))

    def _let_in(self, said: Said, record: Record) -> None:
        shelf = (said["sku"], said["account"], said["site"])
        if said["kind"] not in OPENINGS and said["occurred_at"] < self.opened[shelf[1:]]:
            self.fates["before_opening"] += 1
        elif said["kind"] in HOLDS:
            self._hold(said, shelf, record)
        else:
            self._move(said, shelf, record)

    def _hold(self, said: Said, shelf: Shelf, record: Record) -> None:
        """Set the state of a whole stock record; what sets it as it is, repeats."""
        held, key = self.held[said["sku"]], (shelf, said["stock_record"])
        before = held.get(key)
        after = None if said["kind"] == "released" else milli(said["quantity"])
        if before == after:
            self.fates["repeated"] += 1
        else:
            held.pop(key, None)
            if after is not None:
                held[key] = after
            _keep_few_emptied(held)
            self._count_applied(said, record, Moved(said["movement_id"], said["sku"], None))

    def _move(self, said: Said, shelf: Shelf, record: Record) -> None:
        key = (said["sku"], said["movement_id"])
        if key not in self._contents:
            self._contents[key] = said["content_hash"]
            self.on_hand[shelf] += _signed(said)
            self._move_held((shelf, said["stock_record"]), _signed(said))
            self._count_applied(said, record, moved_by(said))
        elif self._contents[key] == said["content_hash"]:
            self.fates["repeated"] += 1
        else:
            self.fates["conflict"] += 1
            self.apart[source_of(record), record.value or b""] += 1

    def _move_held(self, key: tuple[Shelf, str], signed: int) -> None:
        """Count goods to or from their stock record if it is on hold, down to nothing of it."""
        held = self.held[key[0][0]]
        if key in held:
            held[key] = max(0, held[key] + signed)
            _keep_few_emptied(held)

    def _count_applied(self, said: Said, record: Record, moved: Moved) -> None:
        self.fates["applied"] += 1
        self.applied[source_of(record)] = moved
        self._last[said["sku"]] = said["movement_id"], said["received_at"]
        self._rise(said["sku"])


def loads(record: Record) -> Said:
    """Return what a record says."""
    return orjson.loads(record.value or b"{}")


def source_of(record: Record) -> str:
    """Return where a record stands: topic/partition/offset."""
    return f"{record.topic}/{record.partition}/{record.offset}"


def milli(text: str) -> int:
    """Return decimal text as thousandths."""
    whole, _, places = text.lstrip("-").partition(".")
    thousandths = int(whole) * 1_000 + int(places.ljust(3, "0") or 0)
    return -thousandths if text.startswith("-") else thousandths


def moved_by(said: Said) -> Moved:
    """Return what a movement of goods must be entered as."""
    return Moved(said["movement_id"], said["sku"], _signed(said))


def _keep_few_emptied(held: Records) -> None:
    emptied = [key for key in held if held[key] == 0]
    for key in emptied[: max(0, len(emptied) - EMPTIED_MAX)]:
        del held[key]


def _signed(said: Said) -> int:
    return milli(said["quantity"]) * (1 if said["kind"] in UP else -1)
