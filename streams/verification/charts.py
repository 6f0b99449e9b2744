"""Category, posting mode and legs of a movement, by the chart that its entry cites."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

# What a movement is to the books before any reason is looked at.
OF_KIND = {
    "opening": "opening",
    "opening_hold": "hold",
    "held": "hold",
    "released": "hold",
    "received": "goods_in",
    "unreceived": "goods_in",
    "returned": "return",
    "unreturned": "return",
    "dispatched": "despatch",
    "undispatched": "despatch",
    "transfer_in": "transfer",
    "transfer_out": "transfer",
    "conversion_in": "conversion",
    "conversion_out": "conversion",
}
TRANSFERS = frozenset({"account_in", "account_out"})
OWN_ACCOUNTS = frozenset({"stock", "stock_adjusted", "rounding"})
MODES = frozenset({"khaos_posts", "reclass", "we_post", "memo"})
WAYS = frozenset({"any", "in", "out"})
NEEDED = frozenset(OF_KIND.values()) | {
    "account_transfer",
    "ownership_change",
    "unexplained",
    "cost_change",
}
TABLES = {
    "categories": {"name", "mode", "account", "owner"},
    "reasons": {"code", "category", "direction"},
    "phrases": {"text", "category", "direction"},
}
TEXT_MAX = 60


class Basis(NamedTuple):
    """All of a movement that its category depends on."""

    kind: str
    reason: str
    note: str
    is_foreign: bool  # the other side of an account transfer is named


@dataclass(frozen=True, slots=True)
class Leg:
    """One posting."""

    account: str
    debit: int
    credit: int
    by: str


class Rules:
    """One chart, as its record or its place in the changelog says it; `ValueError` for none."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        _require_sound(fields)
        self.of_name = {row["name"]: (row["mode"], row["account"]) for row in fields["categories"]}
        self._reasons: Sequence[Mapping[str, str]] = fields["reasons"]
        self._phrases: Sequence[Mapping[str, str]] = fields["phrases"]
        canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"))
        self.id = f"chart:{blake2b(canonical.encode(), digest_size=6).hexdigest()}"
        self._found: dict[Basis, str | None] = {}

    def category(self, basis: Basis) -> str | None:
        """Return the category; None where its reason code is not mapped."""
        if basis not in self._found:
            self._found[basis] = self._category(basis)
        return self._found[basis]

    def _category(self, basis: Basis) -> str | None:
        if basis.kind in TRANSFERS:
            return "ownership_change" if basis.is_foreign else "account_transfer"
        if basis.kind in OF_KIND:
            return OF_KIND[basis.kind]
        way = "in" if basis.kind == "adjusted_up" else "out"
        if basis.reason:
            code = basis.reason.casefold()
            mapped = (row for row in self._reasons if row["code"].casefold() == code)
            return next((row["category"] for row in mapped if _fits(row, way)), None)
        typed = basis.note.casefold()
        said = (row for row in self._phrases if row["text"].casefold() in typed)
        return next((row["category"] for row in said if _fits(row, way)), "unexplained")

    def legs(self, category: str, value: int, residue: int) -> list[Leg]:
        """Return the legs of an entry of this value, its residue to rounding apart."""
        mode, account = self.of_name[category]
        if mode == "reclass":
            legs = _legs("stock", "stock_adjusted", value, "khaos")
            legs += _legs("stock_adjusted", account, value, "us")
        else:
            legs = _legs("stock", account, value, "us" if mode == "we_post" else "khaos")
        return legs + _legs("stock", "rounding", residue, "khaos")


def _require_sound(fields: Any) -> None:
    """Require all that a chart must have to count; the worker sets any other aside."""
    if not isinstance(fields, dict) or fields.keys() != TABLES.keys():
        raise ValueError("it has not the tables of a chart")
    for table, columns in TABLES.items():
        rows = fields[table]
        if not (isinstance(rows, list) and all(_is_row(row, columns) for row in rows)):
            raise ValueError(f"{table} is no list, or has a row that is none")
    categories = fields["categories"]
    names = [row["name"] for row in categories]
    if names != sorted(set(names)) or not set(names) >= NEEDED:
        raise ValueError("a category is missing, there twice, or not in its place")
    if any(row["mode"] not in MODES or row["account"] in OWN_ACCOUNTS for row in categories):
        raise ValueError("a category has no mode, or an account that entries use themselves")
    rules = [*fields["reasons"], *fields["phrases"]]
    if any(row["category"] not in names or row["direction"] not in WAYS for row in rules):
        raise ValueError("a rule leads to no category, or has no direction")
    _require_one_category(fields["reasons"])


def _is_row(row: Any, columns: set[str]) -> bool:
    return (
        isinstance(row, dict)
        and row.keys() == columns
        and all(isinstance(text, str) and 0 < len(text) <= TEXT_MAX for text in row.values())
    )


def _require_one_category(reasons: Sequence[Mapping[str, str]]) -> None:
    found: dict[tuple[str, str], str] = {}
    for row in reasons:
        for way in ("in", "out"):
            code = row["code"].casefold(), way
            if _fits(row, way) and found.setdefault(code, row["category"]) != row["category"]:
                raise ValueError(f"the code {row['code']!r} has two categories")


def _fits(row: Mapping[str, str], way: str) -> bool:
    return row["direction"] in ("any", way)


def _legs(one: str, other: str, value: int, by: str) -> list[Leg]:
    if not value:
        return []
    debited, credited = (one, other) if value > 0 else (other, one)
    return [Leg(debited, abs(value), 0, by), Leg(credited, 0, abs(value), by)]
