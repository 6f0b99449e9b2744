"""Reason to category to posting mode and accounts: one total table.

Clarus has no standard reason codes (documented: each tenant makes its own), so codes are mapped by
the tenant; free text is matched by the phrases below, and what nothing matches is `unexplained`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from hashlib import blake2b
from json import dumps
from typing import Any

from ledger.chart_rows import TABLES, Direction, rows_of
from ledger.movement import Movement, MovementKind


class PostingMode(Enum):
    """Who posts what of an entry; in our own book every entry is posted in full."""

    KHAOS_POSTS = "khaos_posts"  # Khaos posts it all by itself
    RECLASS = (
        "reclass"  # Khaos moves stock to and from 0123, we move 0123 to the category's account
    )
    WE_POST = "we_post"
    MEMO = "memo"  # nobody posts now: Khaos has or will have it by another document


@dataclass(frozen=True, slots=True)
class Category:
    """One row of the chart."""

    name: str
    mode: PostingMode
    account: str  # the account against stock
    owner: str = "finance"


@dataclass(frozen=True, slots=True)
class Reason:
    """A tenant's reason code, matched without regard to case."""

    code: str
    category: str
    direction: Direction = "any"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Text that staff typed; matches where it occurs, without regard to case, in order."""

    text: str
    category: str
    direction: Direction = "any"


@dataclass(frozen=True, slots=True)
class UnmappedReason:
    """A reason code nobody mapped: the movement is parked until somebody does (E02)."""

    code: str


UNEXPLAINED = "unexplained"
COST_CHANGE = "cost_change"
HOLD = "hold"

# Accounts that entries move stock through by themselves: the pool is what they make of `stock`.
STOCK = "stock"
STOCK_ADJUSTED = "stock_adjusted"  # Khaos 0123: returns to nil once everything is reclassified
ROUNDING = "rounding"
OWN_ACCOUNTS = frozenset({STOCK, STOCK_ADJUSTED, ROUNDING})

_OF_KIND: dict[MovementKind, str] = {
    MovementKind.OPENING: "opening",
    MovementKind.OPENING_HOLD: HOLD,
    MovementKind.RECEIVED: "goods_in",
    MovementKind.UNRECEIVED: "goods_in",
    MovementKind.RETURNED: "return",
    MovementKind.UNRETURNED: "return",
    MovementKind.DISPATCHED: "despatch",
    MovementKind.UNDISPATCHED: "despatch",
    MovementKind.HELD: HOLD,
    MovementKind.RELEASED: HOLD,
    MovementKind.ACCOUNT_IN: "account_transfer",
    MovementKind.ACCOUNT_OUT: "account_transfer",
    MovementKind.TRANSFER_IN: "transfer",
    MovementKind.TRANSFER_OUT: "transfer",
    MovementKind.CONVERSION_IN: "conversion",
    MovementKind.CONVERSION_OUT: "conversion",
}
_BY_REASON = frozenset({MovementKind.ADJUSTED_UP, MovementKind.ADJUSTED_DOWN})
# Every kind has its category in any chart, and so have a text that nothing matches and a cost.
_NEEDED = frozenset(_OF_KIND.values()) | {"ownership_change", UNEXPLAINED, COST_CHANGE}


@dataclass(frozen=True)
class Chart:
    """Categories, codes and phrases; a value with an id of its own content."""

    categories: Mapping[str, Category]
    reasons: tuple[Reason, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    _codes: Mapping[tuple[str, str], Category] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        missing = _NEEDED - self.categories.keys()
        if missing:
            raise ValueError(f"there is no category {min(missing)!r}, and every chart needs it")
        for category in self.categories.values():
            if category.account in OWN_ACCOUNTS:
                raise ValueError(
                    f"category {category.name!r} is booked against {category.account!r}, "
                    "which entries use themselves: name another account"
                )
        for rule in (*self.reasons, *self.phrases):
            if rule.category not in self.categories:
                raise ValueError(f"{rule}: there is no category {rule.category!r}")
        codes: dict[tuple[str, str], Category] = {}
        for reason in self.reasons:
            for direction in ("in", "out") if reason.direction == "any" else (reason.direction,):
                key = (reason.code.casefold(), direction)
                if key in codes and codes[key].name != reason.category:
                    raise ValueError(f"reason code {reason.code!r} has two categories")
                codes[key] = self.categories[reason.category]
        object.__setattr__(self, "_codes", codes)

    @cached_property
    def rules(self) -> str:
        """Return the id that entries cite: it names this content and no other."""
        text = dumps(chart_fields(self), sort_keys=True, separators=(",", ":"))
        return f"chart:{blake2b(text.encode(), digest_size=6).hexdigest()}"

    def categorise(self, movement: Movement) -> Category | UnmappedReason:
        """Return the one category of a movement; total over kinds, reasons and notes."""
        name = _OF_KIND.get(movement.kind)
        if name is not None:
            foreign = name == "account_transfer" and movement.counterpart is not None
            return self.categories["ownership_change" if foreign else name]
        direction = "in" if movement.kind is MovementKind.ADJUSTED_UP else "out"
        if movement.reason:
            mapped = self._codes.get((movement.reason.casefold(), direction))
            return mapped or UnmappedReason(movement.reason)
        return self._by_note(movement.note or "", direction)

    def _by_note(self, note: str, direction: str) -> Category:
        typed = note.casefold()
        for phrase in self.phrases:
            if phrase.direction in ("any", direction) and phrase.text.casefold() in typed:
                return self.categories[phrase.category]
        return self.categories[UNEXPLAINED]


def _shipped(*rows: tuple[str, PostingMode, str, str]) -> dict[str, Category]:
    return {name: Category(name, mode, account, owner) for name, mode, account, owner in rows}


_R, _K, _M = PostingMode.RECLASS, PostingMode.KHAOS_POSTS, PostingMode.MEMO
DEFAULT_CHART = Chart(
    categories=_shipped(
        ("damage", _R, "damage", "warehouse"),
        ("breakage", _R, "breakage", "warehouse"),
        ("expired", _R, "expiry", "warehouse"),
        ("obsolete", _R, "obsolescence", "finance"),
        ("faulty", _R, "supplier_claims", "purchasing"),
        ("refurbish", _M, "refurbishment", "warehouse"),
        ("sample", _R, "samples", "finance"),
        ("internal_use", _R, "internal_use", "finance"),
        ("count", _R, "count_variance", "warehouse"),
        ("found", _R, "count_variance", "warehouse"),
        ("theft", _R, "theft_loss", "warehouse"),
        ("misidentified", _R, "count_variance", "warehouse"),
        (UNEXPLAINED, _R, "unexplained_loss", "warehouse"),
        ("goods_in", _M, "grni", "purchasing"),
        ("despatch", _K, "cost_of_sale", "finance"),
        ("return", _K, "cost_of_sale", "finance"),
        ("return_scrapped", _R, "returns_write_off", "finance"),
        ("transfer", _M, "stock_in_transit", "warehouse"),
        ("conversion", _M, "conversion_clearing", "warehouse"),
        ("account_transfer", _M, "account_clearing", "finance"),
        ("ownership_change", _M, "ownership_clearing", "finance"),
        ("opening", _M, "opening_balances", "finance"),
        (COST_CHANGE, _M, "revaluation", "finance"),
        ("revaluation", PostingMode.WE_POST, "write_down", "finance"),
        (HOLD, _M, "none", "quality"),
    ),
    phrases=(
        Phrase("found", "found", "in"),
        Phrase("damag", "damage"),
        Phrase("dagamed", "damage"),  # as staff typed it, more than once
        Phrase("wet", "damage"),
        Phrase("crushed", "damage"),
        Phrase("rusty", "damage"),
        Phrase("mouldy", "damage"),
        Phrase("thrown away", "damage"),
        Phrase("unsaleable", "damage"),
        Phrase("breakage", "breakage"),
        Phrase("broke", "breakage"),
        Phrase("smashed", "breakage"),
        Phrase("cracked", "breakage"),
        Phrase("faulty", "faulty"),
        Phrase("expired", "expired"),
        Phrase("out of date", "expired"),
        Phrase("sample", "sample"),
        Phrase("display", "sample"),
        Phrase("missing", "theft", "out"),
        Phrase("lost", "theft", "out"),
        Phrase("stolen", "theft", "out"),
        Phrase("wrongly coded", "misidentified"),
        Phrase("wrong code", "misidentified"),
        Phrase("mixed up", "misidentified"),
        Phrase("check", "count"),
        Phrase("counted", "count"),
        Phrase("recount", "count"),
        Phrase("stock count", "count"),
        # Words that only sound like a count.
        Phrase("account", UNEXPLAINED),
        Phrase("discount", UNEXPLAINED),
        Phrase("country", UNEXPLAINED),
        Phrase("counter", UNEXPLAINED),
        Phrase("county", UNEXPLAINED),
        Phrase("count", "count"),
        Phrase("stocktake", "count"),
        Phrase("stock take", "count"),
    ),
)


def chart_with(
    categories: Sequence[Category], reasons: Sequence[Reason], phrases: Sequence[Phrase]
) -> Chart:
    """Return the shipped chart with a tenant's rows over it; `ValueError` names a wrong row.

    A tenant's phrases are tried before the shipped ones.
    """
    return Chart(
        categories={**DEFAULT_CHART.categories, **{c.name: c for c in categories}},
        reasons=tuple(reasons),
        phrases=(*phrases, *DEFAULT_CHART.phrases),
    )


def chart_fields(chart: Chart) -> dict[str, Any]:
    """Return the chart as plain JSON values."""
    return {
        "categories": [
            {
                "name": category.name,
                "mode": category.mode.value,
                "account": category.account,
                "owner": category.owner,
            }
            for _, category in sorted(chart.categories.items())
        ],
        "reasons": [
            {"code": each.code, "category": each.category, "direction": each.direction}
            for each in chart.reasons
        ],
        "phrases": [
            {"text": each.text, "category": each.category, "direction": each.direction}
            for each in chart.phrases
        ],
    }


def chart_from_fields(fields: Mapping[str, Any]) -> Chart:
    """Read `chart_fields` back; `ValueError` says what does not fit.

    A chart is its content: one that says more than this is another, and cannot count as this.
    """
    categories, reasons, phrases = (rows_of(fields, table) for table in TABLES)
    chart = Chart(
        categories={row["name"]: _category(row) for row in categories},
        reasons=tuple(Reason(**row) for row in reasons),
        phrases=tuple(Phrase(**row) for row in phrases),
    )
    if chart_fields(chart) != fields:
        raise ValueError("its categories are not in order, each once, or it has other tables too")
    return chart


def _category(row: Mapping[str, str]) -> Category:
    return Category(row["name"], PostingMode(row["mode"]), row["account"], row["owner"])
