"""What the records of `stock.movements.v1` come to, reckoned with `json`, `int` and a hash alone.

Nothing here is the program's: a mistake of the ledger's arithmetic cannot prove itself. Known to be
coarse: where goods left without naming a stock record while some were on hold, what is held there
afterwards depends on the chart, and is not judged (`unsure`); which of the SKU's emptied records
are forgotten is reckoned as if they had not.
"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.support.history_memory import Contents, Memory

SIGNS = {
    **dict.fromkeys(("opening", "received", "returned", "undispatched", "adjusted_up"), 1),
    **dict.fromkeys(("account_in", "transfer_in", "conversion_in"), 1),
    **dict.fromkeys(("unreceived", "unreturned", "dispatched", "adjusted_down"), -1),
    **dict.fromkeys(("account_out", "transfer_out", "conversion_out"), -1),
    **dict.fromkeys(("held", "released", "opening_hold"), 0),
}
OPENINGS = frozenset({"opening", "opening_hold"})
KEPT_APART = {"conflict": "E04", "too_old": "E05"}  # class of the exception, by fate
LEVELS_MAX = 9 * 10**12  # thousandths of a SKU at all places, each level without its sign
EMPTIED_MAX = 64  # records of a SKU that are on hold with nothing in them

Place = tuple[str, str]  # account, site
Shelf = tuple[str, str, str]  # account, site, SKU
Said = dict[str, Any]
Held = dict[tuple[Shelf, str], int]  # by stock record, what was held first comes first


def milli(text: str) -> int:
    """Return decimal text as thousandths."""
    return int(Decimal(text) * 1000)


def sign_of(kind: str) -> int:
    """Return what a kind does to the stock; `KeyError` for one that is not known here."""
    if kind not in SIGNS and kind.rpartition("_")[2] in {"in", "out"}:
        return 1 if kind.endswith("_in") else -1
    return SIGNS[kind]


@dataclass(slots=True)
class Fold:
    """One partition's movements, in the order of their offsets."""

    on_hand: Counter[Shelf] = field(default_factory=Counter[Shelf])
    sums: Counter[str] = field(default_factory=Counter[str])  # of a SKU's levels, without signs
    held: defaultdict[str, Held] = field(default_factory=lambda: defaultdict(dict))  # by SKU
    unsure: set[Shelf] = field(default_factory=set[Shelf])  # its held quantity is not judged
    memories: defaultdict[str, Memory] = field(default_factory=lambda: defaultdict(Memory))
    fates: Counter[str] = field(default_factory=Counter[str])
    applied: dict[int, Said] = field(default_factory=dict[int, Said])  # by offset
    either: dict[int, Said] = field(default_factory=dict[int, Said])  # applied or repeated
    apart: dict[int, str] = field(default_factory=dict[int, str])  # class of exception, by offset
    standing: dict[str, int] = field(default_factory=dict[str, int])  # of those: id, and offset
    opened: dict[Place, datetime] = field(default_factory=dict[Place, datetime])
    waiting: defaultdict[Place, list[tuple[int, Said]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def take(self, offset: int, value: bytes) -> None:
        """Take the next record."""
        said: Said = json.loads(value)
        if "control" in said:
            self.fates["controls"] += 1
            if said["control"] == "opening":
                self._open((said["account"], said["site"]), datetime.fromisoformat(said["at"]))
            return
        place = (said["account"], said["site"])
        if said["kind"] in OPENINGS:
            if place in self.opened:
                self.fates["quarantined"] += 1
            else:
                self._apply(offset, said)
        elif place in self.opened:
            self._let_in(offset, said, self.opened[place])
        else:
            self.waiting[place].append((offset, said))

    def held_at(self, shelf: Shelf) -> int:
        """Return what the records on hold at a shelf come to."""
        return sum(held for (at, _), held in self.held[shelf[2]].items() if at == shelf)

    def _open(self, place: Place, at: datetime) -> None:
        if place in self.opened:
            return
        self.opened[place] = at
        let_in: defaultdict[str, Contents] = defaultdict(dict)  # by SKU
        for offset, said in self.waiting.pop(place, []):
            self._let_in(offset, said, at, let_in[said["sku"]])

    def _let_in(
        self, offset: int, said: Said, opened_at: datetime, let_in: Contents | None = None
    ) -> None:
        if datetime.fromisoformat(said["occurred_at"]) < opened_at:
            self.fates["before_opening"] += 1
        else:
            self._apply(offset, said, let_in)

    def _apply(self, offset: int, said: Said, let_in: Contents | None = None) -> None:
        shelf = (said["account"], said["site"], said["sku"])
        if sign_of(said["kind"]) == 0:
            self._hold(offset, said, shelf)
            return
        refused = self.memories[said["sku"]].refused(said, let_in)
        if refused is not None:
            self._refuse(offset, said, refused)
            return
        signed = sign_of(said["kind"]) * milli(said["quantity"])
        grown = abs(self.on_hand[shelf] + signed) - abs(self.on_hand[shelf])
        if grown > 0 and self.sums[said["sku"]] + grown > LEVELS_MAX:
            self.fates["quarantined"] += 1
            return
        self.memories[said["sku"]].remember(said, let_in)
        self.fates["applied"] += 1
        self.applied[offset] = said
        if said.get("accepts"):
            self._settle(said["movement_id"].removeprefix("accepted:"))
        self.on_hand[shelf] += signed
        self.sums[said["sku"]] += grown
        self._move_held(said, shelf, signed)

    def _refuse(self, offset: int, said: Said, fate: str) -> None:
        self.fates[fate] += 1
        if fate in KEPT_APART:
            self.apart[offset] = KEPT_APART[fate]
            told = f"{said['movement_id']}:{said['content_hash']}"
            self.standing[f"{KEPT_APART[fate]}:{told}"] = offset

    def _settle(self, told: str) -> None:
        """Have nothing stand any more of what a person has accepted."""
        for of in KEPT_APART.values():
            self.standing.pop(f"{of}:{told}", None)

    def _hold(self, offset: int, said: Said, shelf: Shelf) -> None:
        held, key = self.held[said["sku"]], (shelf, said["stock_record"] or "")
        before = held.get(key)
        after = None if said["kind"] == "released" else milli(said["quantity"])
        if before != after:
            held.pop(key, None)
        if after is not None:
            held[key] = after
        _forget_emptied(held)
        if shelf in self.unsure:
            self.either[offset] = said
        elif before == after:
            self.fates["repeated"] += 1
        else:
            self.fates["applied"] += 1
            self.applied[offset] = said

    def _move_held(self, said: Said, shelf: Shelf, signed: int) -> None:
        """Have goods leave or come to a record that is on hold: it stays so, with nothing too."""
        held, record = self.held[said["sku"]], said["stock_record"]
        if record is None:
            if signed < 0 and self.held_at(shelf):
                self.unsure.add(shelf)
        elif (shelf, record) in held:
            held[shelf, record] = min(max(0, held[shelf, record] + signed), LEVELS_MAX)
            _forget_emptied(held)


def _forget_emptied(held: Held) -> None:
    emptied = [key for key, quantity in held.items() if key[1] and quantity == 0]
    while len(emptied) > EMPTIED_MAX:
        del held[emptied.pop(0)]
