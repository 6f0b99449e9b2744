"""Charts that no lane may use: each has one thing that does not fit."""

from copy import deepcopy
from typing import Any

from ledger.chart import DEFAULT_CHART, chart_fields

CODE = {"code": "WET", "category": "damage", "direction": "any"}


def spoilt(table: str, number: int, **said: Any) -> dict[str, Any]:
    """Return the shipped chart with fields of one row changed."""
    fields = deepcopy(chart_fields(DEFAULT_CHART))
    fields[table][number] |= said
    return fields


def with_table(**tables: Any) -> dict[str, Any]:
    """Return the shipped chart with other tables."""
    return chart_fields(DEFAULT_CHART) | tables


def without(*names: str) -> dict[str, Any]:
    """Return the shipped chart without some categories; no rule leads to them."""
    rows = [row for row in ROWS if row["name"] not in names]
    return with_table(categories=rows, phrases=[])


ROWS: list[dict[str, str]] = chart_fields(DEFAULT_CHART)["categories"]
NO_CHARTS: dict[str, Any] = {
    "nothing": {},
    "empty tables": {"categories": [], "reasons": [], "phrases": []},
    "a table missing": {"categories": ROWS, "reasons": []},
    "a table more": with_table(notes=[]),
    "a table that is none": with_table(reasons={}),
    "rows that are none": with_table(categories=["damage"]),
    "a category of a kind missing": without("goods_in"),
    "no category for what nothing matches": without("unexplained"),
    "no category for a change of cost": without("cost_change"),
    "no category for another owner": without("ownership_change"),
    "no category for a transfer": without("account_transfer"),
    "a category twice": with_table(categories=[ROWS[0], *ROWS]),
    "categories in another order": with_table(categories=ROWS[::-1]),
    "a name that is a number": spoilt("categories", 0, name=5),
    "a name that is a list": spoilt("categories", 0, name=[]),
    "an account that is none": spoilt("categories", 0, account=None),
    "an account of nothing": spoilt("categories", 0, account=""),
    "an account beyond any": spoilt("categories", 0, account="x" * 61),
    "an account of every entry": spoilt("categories", 0, account="stock"),
    "an owner that is a flag": spoilt("categories", 0, owner=True),
    "a mode nobody knows": spoilt("categories", 0, mode="later"),
    "a column more": spoilt("categories", 0, note="x"),
    "a code that is a number": with_table(reasons=[CODE | {"code": 5}]),
    "a code without a direction": with_table(reasons=[{"code": "WET", "category": "damage"}]),
    "a direction nobody knows": with_table(reasons=[CODE | {"direction": "up"}]),
    "a code of no category": with_table(reasons=[CODE | {"category": "wet"}]),
    "a code of two categories": with_table(
        reasons=[CODE, {"code": "wet", "category": "theft", "direction": "out"}]
    ),
    "a phrase that is a number": spoilt("phrases", 0, text=5),
    "a phrase that all have": spoilt("phrases", 0, text=""),
    "a phrase of no category": spoilt("phrases", 0, category="wet"),
    "a phrase of a list": spoilt("phrases", 0, category=["damage"]),
}
