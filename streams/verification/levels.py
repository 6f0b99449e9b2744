"""The stock of one partition, reckoned from its movements up to the lane's mark."""

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from zoneinfo import ZoneInfo

from streams.engine.fold import SourceRecord
from streams.verification.charts import Basis, Rules
from streams.verification.facts import (
    ACCEPTED,
    LEVELS_MAX,
    OPENING,
    Fact,
    NewChart,
    Opening,
    Place,
    UnderWay,
    movement_record,
)
from streams.verification.held import Held, is_holding
from streams.verification.identity import Contents, Identity, is_new, short_hash
from streams.verification.numbers import quantity_text
from streams.verification.policy import Policy

NOT_APPLIED = -1
KEPT_APART = {"conflict": "E04", "too_old": "E05"}  # outcome -> class of the exception


@dataclass(slots=True)
class Stock:
    """What must be true of one SKU."""

    on_hand: dict[Place, int] = field(default_factory=dict[Place, int])
    held: Held = field(default_factory=Held)
    identity: Identity = field(default_factory=Identity)
    reached: int = -1  # the offset its last change was made at
    changes: int = 0  # its version is at least this
    as_of: datetime | None = None
    cause: str | None = None


@dataclass(slots=True)
class Applied:
    """Facts applied, one column a property: 60 bytes each, so that millions fit in memory."""

    offset: "array[int]" = field(default_factory=lambda: array("q"))  # of every record, rising
    position: "array[int]" = field(default_factory=lambda: array("q"))  # in the order of applying
    effect: "array[int]" = field(default_factory=lambda: array("q"))
    id_hash: "array[int]" = field(default_factory=lambda: array("Q"))
    said: "array[int]" = field(default_factory=lambda: array("Q"))  # of what its entry must repeat
    sku: "array[int]" = field(default_factory=lambda: array("l"))
    basis: "array[int]" = field(default_factory=lambda: array("l"))
    entered: bytearray = field(default_factory=bytearray)  # how many entries were found

    def add(self, offset: int) -> int:
        """Make room for a record; return its number."""
        self.offset.append(offset)
        for column, empty in (
            (self.position, NOT_APPLIED),
            (self.effect, 0),
            (self.id_hash, 0),
            (self.said, 0),
            (self.sku, 0),
            (self.basis, 0),
        ):
            column.append(empty)
        self.entered.append(0)
        return len(self.offset) - 1

    def find(self, offset: int) -> int | None:
        """Return the number of the record at an offset, if there is one."""
        number = bisect_left(self.offset, offset)
        return number if number < len(self.offset) and self.offset[number] == offset else None


class Levels:
    """The fold of one partition. Invariant: every record taken is counted as exactly one fate."""

    def __init__(
        self,
        policy: Policy,
        charts: dict[str, Rules],
        first: Rules | None,
        under_way: UnderWay | None = None,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.stock: dict[str, Stock] = {}
        self.opened: dict[Place, datetime] = {}
        self.waiting: dict[Place, list[tuple[int, Fact]]] = {}
        self.applied = Applied()
        self.skus: list[str] = []  # by the number that `applied.sku` holds
        self.bases: list[Basis] = []  # by the number that `applied.basis` holds
        self.quarantined: list[int] = []  # offsets
        self.kept_apart: dict[int, str] = {}  # class of the exception, by offset
        self.standing: dict[str, str] = {}  # exceptions E04 and E05 that nobody settled, with SKU
        self.chart_since: list[tuple[int, str]] = [(0, first.id)] if first else []
        self._charts = charts
        self._chart = first
        self._policy = policy
        self._under_way = under_way
        self._sku_number: dict[str, int] = {}
        self._basis_number: dict[Basis, int] = {}
        self._next_position = 1

    def take(self, record: SourceRecord) -> Fact | None:
        """Take the next record; return the movement it holds, if it holds one."""
        number = self.applied.add(record.offset)
        try:
            said = movement_record(record.value)
        except (ValueError, KeyError, TypeError):
            self._quarantine(record.offset)
            return None
        match said:
            case Opening():
                self._open(said, record.offset)
                return None
            case NewChart():
                self._use_chart(said, record.offset)
                return None
            case Fact():
                self._admit(said, number)
                return said

    def is_open(self, place: Place, sku: str) -> bool:
        """Say whether a place is open for a SKU: an opening under way comes to one by one."""
        is_let_in = self._under_way is None or self._under_way.lets_in(place, sku)
        return place in self.opened and is_let_in

    def _admit(self, fact: Fact, number: int) -> None:
        opened_at = self.opened.get(fact.place)
        if fact.kind in OPENING:
            if opened_at is not None:
                self._quarantine(self.applied.offset[number])
                return
        elif opened_at is None:
            self.waiting.setdefault(fact.place, []).append((number, fact))
            return
        elif fact.occurred_at < opened_at:
            self.counts["before_opening"] += 1
            return
        self._apply(fact, number, self.applied.offset[number])

    def _apply(self, fact: Fact, number: int, reached: int, let_in: Contents | None = None) -> None:
        stock = self.stock.setdefault(fact.sku, Stock())
        basis = Basis(fact.kind, fact.reason, fact.note, bool(fact.counterpart))
        offset = self.applied.offset[number]
        refused = None if is_holding(fact) else stock.identity.outcome(fact, let_in)
        if refused is not None:
            self._refuse(refused, fact, offset)
            return
        if _leaves_bounds(stock, fact):
            self._quarantine(offset)
            return
        nothing = stock.held.take(
            fact,
            offset,
            by_body_clock=self._policy.holds_by_body_clock,
            held_first=self._takes_held_first(basis),
            is_new=is_new(fact, let_in),
        )
        if is_holding(fact) and nothing is not None:
            self._refuse(nothing, fact, offset)
            return
        self.counts["applied"] += 1
        self._change(stock, fact, reached, let_in)
        self._note(number, fact, basis)

    def _refuse(self, outcome: str, fact: Fact, offset: int) -> None:
        self.counts[outcome] += 1
        if outcome in KEPT_APART:
            self.kept_apart[offset] = KEPT_APART[outcome]
            self.standing[f"{KEPT_APART[outcome]}:{fact.told}"] = fact.sku

    def _change(self, stock: Stock, fact: Fact, reached: int, let_in: Contents | None) -> None:
        if not is_holding(fact):
            stock.on_hand[fact.place] = stock.on_hand.get(fact.place, 0) + fact.effect
            stock.identity.remember(fact, let_in)
        stock.reached = reached
        stock.changes += 1
        stock.as_of = fact.received_at
        stock.cause = fact.movement_id
        if fact.accepts:
            for of in KEPT_APART.values():
                self.standing.pop(f"{of}:{fact.movement_id.removeprefix(ACCEPTED)}", None)

    def _note(self, number: int, fact: Fact, basis: Basis) -> None:
        """Keep what the movement's entry will be held against."""
        columns = self.applied
        columns.position[number] = self._next_position
        self._next_position += 1
        columns.effect[number] = fact.effect
        if not is_holding(fact):
            columns.id_hash[number] = int.from_bytes(short_hash(fact.movement_id))
        columns.sku[number] = self._number_of_sku(fact.sku)
        if basis not in self._basis_number:
            self._basis_number[basis] = len(self.bases)
            self.bases.append(basis)
        columns.basis[number] = self._basis_number[basis]
        columns.said[number] = what_an_entry_says(
            f"entry:{fact.movement_id}",
            fact.movement_id,
            fact.sku,
            fact.place[1],
            quantity_text(fact.effect),
            fact.occurred_at,
            period(fact.occurred_at, self._policy.time_zone),
        )

    def _number_of_sku(self, sku: str) -> int:
        if sku not in self._sku_number:
            self._sku_number[sku] = len(self.skus)
            self.skus.append(sku)
        return self._sku_number[sku]

    def _open(self, opening: Opening, offset: int) -> None:
        self.counts["controls"] += 1
        if opening.place in self.opened:
            return
        self.opened[opening.place] = opening.at
        for sku, stock in self.stock.items():
            stock.changes += opening.place in stock.on_hand and self.is_open(opening.place, sku)
        let_in: defaultdict[str, Contents] = defaultdict(dict)  # by SKU
        waited = self.waiting.pop(opening.place, [])
        for number, fact in waited:
            if not self.is_open(opening.place, fact.sku):
                self.waiting.setdefault(opening.place, []).append((number, fact))
            elif fact.occurred_at < opening.at:
                self.counts["before_opening"] += 1
            else:
                self._apply(fact, number, offset, let_in[fact.sku])

    def _use_chart(self, said: NewChart, offset: int) -> None:
        try:
            rules = Rules(said.fields)
        except ValueError:
            self._quarantine(offset)
            return
        self.counts["controls"] += 1
        self._charts[rules.id] = self._chart = rules
        self.chart_since.append((self._next_position, rules.id))
        self._next_position += 1

    def _takes_held_first(self, basis: Basis) -> bool:
        category = None if self._chart is None else self._chart.category(basis)
        return category is not None and self._policy.no_record.get(category) == "held_first"

    def _quarantine(self, offset: int) -> None:
        self.counts["quarantined"] += 1
        self.quarantined.append(offset)


def _leaves_bounds(stock: Stock, fact: Fact) -> bool:
    """Say whether no warehouse can hold, or lack, what a SKU would come to."""
    before = stock.on_hand.get(fact.place, 0)
    grown = abs(before + fact.effect) - abs(before)
    return grown > 0 and grown + sum(map(abs, stock.on_hand.values())) > LEVELS_MAX


def what_an_entry_says(*said: object) -> int:
    """Return 8 bytes that stand for what an entry must repeat of its movement."""
    text = "\x1f".join(map(str, said))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


@lru_cache(maxsize=4_096)
def _period(quarter: datetime, zone: ZoneInfo) -> str:
    return f"{quarter.astimezone(zone):%Y-%m}"


def period(at: datetime, zone: ZoneInfo) -> str:
    """Return the month of the book's calendar."""
    # Zones are whole quarters of an hour from UTC.
    return _period(at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0), zone)
