"""What the records of `stock.movements.v1` come to, reckoned with `json`, `int` and a hash alone.

Nothing here is the program's: a mistake of the ledger's arithmetic cannot prove itself. Known to be
coarse: where goods left without naming a stock record while some were on hold, what is held there
afterwards depends on the chart, and is not judged (`unsure`).
"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

SIGNS = {
    **dict.fromkeys(("opening", "received", "returned", "undispatched", "adjusted_up"), 1),
    **dict.fromkeys(("account_in", "transfer_in", "conversion_in"), 1),
    **dict.fromkeys(("unreceived", "unreturned", "dispatched", "adjusted_down"), -1),
    **dict.fromkeys(("account_out", "transfer_out", "conversion_out"), -1),
    **dict.fromkeys(("held", "released", "opening_hold"), 0),
}
OPENINGS = frozenset({"opening", "opening_hold"})

Place = tuple[str, str]  # account, site
Shelf = tuple[str, str, str]  # account, site, SKU
Said = dict[str, Any]


def milli(text: str) -> int:
    """Return decimal text as thousandths."""
    return int(Decimal(text) * 1000)


def sign_of(kind: str) -> int:
    """Return what a kind does to the stock; `KeyError` for one that is not known here."""
    if kind not in SIGNS and kind.rpartition("_")[2] in {"in", "out"}:
        return 1 if kind.endswith("_in") else -1
    return SIGNS[kind]


def fact_of(said: Said) -> bytes:
    """Return the twelve bytes by which a card remembers a movement."""
    own = blake2b(said["movement_id"].encode(), digest_size=8).digest()
    return own + bytes.fromhex(said["content_hash"][:8])


@dataclass(slots=True)
class Fold:
    """One partition's movements, in the order of their offsets."""

    on_hand: Counter[Shelf] = field(default_factory=Counter[Shelf])
    held: defaultdict[Shelf, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    unsure: set[Shelf] = field(default_factory=set[Shelf])  # its held quantity is not judged
    seen: defaultdict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    facts: defaultdict[str, bytearray] = field(default_factory=lambda: defaultdict(bytearray))
    fates: Counter[str] = field(default_factory=Counter[str])
    applied: dict[int, Said] = field(default_factory=dict[int, Said])  # by offset
    either: dict[int, Said] = field(default_factory=dict[int, Said])  # applied or repeated
    apart: dict[int, str] = field(default_factory=dict[int, str])  # class of exception, by offset
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

    def _open(self, place: Place, at: datetime) -> None:
        if place in self.opened:
            return
        self.opened[place] = at
        for offset, said in self.waiting.pop(place, []):
            self._let_in(offset, said, at)

    def _let_in(self, offset: int, said: Said, opened_at: datetime) -> None:
        if datetime.fromisoformat(said["occurred_at"]) < opened_at:
            self.fates["before_opening"] += 1
        else:
            self._apply(offset, said)

    def _apply(self, offset: int, said: Said) -> None:
        shelf = (said["account"], said["site"], said["sku"])
        if sign_of(said["kind"]) == 0:
            self._hold(offset, said, shelf)
            return
        known = self.seen[said["sku"]].setdefault(said["movement_id"], said["content_hash"])
        if known != said["content_hash"]:
            self._differ(offset, said)
        elif fact_of(said) in self._remembered[said["sku"]]:
            self.fates["repeated"] += 1
        else:
            self._remembered[said["sku"]].add(fact_of(said))
            self.facts[said["sku"]] += fact_of(said)
            self.fates["applied"] += 1
            self.applied[offset] = said
            signed = sign_of(said["kind"]) * milli(said["quantity"])
            self.on_hand[shelf] += signed
            if signed < 0:
                self._leave(said, shelf, -signed)

    def _differ(self, offset: int, said: Said) -> None:
        """Keep a conflict apart, unless a person has accepted just this before."""
        accepted = f"accepted:{said['movement_id']}:{said['content_hash']}"
        if accepted in self.seen[said["sku"]]:
            self.fates["repeated"] += 1
        else:
            self.fates["conflict"] += 1
            self.apart[offset] = "E04"

    def _hold(self, offset: int, said: Said, shelf: Shelf) -> None:
        record, quantity = said["stock_record"] or "", milli(said["quantity"])
        held = self.held[shelf]
        before = held.pop(record, None)
        after = None if said["kind"] == "released" else quantity
        if after is not None:
            held[record] = after
        if shelf in self.unsure:
            self.either[offset] = said
        elif before == after:
            self.fates["repeated"] += 1
        else:
            self.fates["applied"] += 1
            self.applied[offset] = said

    def _leave(self, said: Said, shelf: Shelf, quantity: int) -> None:
        held, record = self.held[shelf], said["stock_record"]
        if record in held:
            held[record] -= min(held[record], quantity)
            if not held[record]:
                del held[record]
        elif record is None and held:
            self.unsure.add(shelf)

    _remembered: defaultdict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))
