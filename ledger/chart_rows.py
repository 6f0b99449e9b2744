"""The tables of a chart as JSON holds them: every row has its texts, and nothing else."""

from typing import Any, Literal, get_args

Direction = Literal["any", "in", "out"]

TEXT_MAX = 60  # characters of a name, an account, a code or a phrase: entries repeat some of them
TABLES = {
    "categories": frozenset({"name", "mode", "account", "owner"}),
    "reasons": frozenset({"code", "category", "direction"}),
    "phrases": frozenset({"text", "category", "direction"}),
}


def rows_of(fields: Any, table: str) -> list[dict[str, Any]]:
    """Return the rows of one table; `ValueError` names what is no row of it."""
    rows: Any = fields.get(table) if _is_a(dict, fields) else None
    if not _is_a(list, rows):
        raise ValueError(f"{table}: there is no such list")
    for number, row in enumerate(rows):
        if not _is_a(dict, row) or row.keys() != TABLES[table]:
            raise ValueError(f"{table}.{number}: it has not {', '.join(sorted(TABLES[table]))}")
        for column, text in row.items():
            _require_text(f"{table}.{number}.{column}", text)
        if row.get("direction", "any") not in get_args(Direction):
            raise ValueError(f"{table}.{number}.direction: {row['direction']!r} is none")
    return rows


# Not `isinstance` itself: what JSON holds stays `Any` to the type checker.
def _is_a(kind: type, value: object) -> bool:
    return isinstance(value, kind)


def _require_text(where: str, text: object) -> None:
    if not isinstance(text, str) or not 0 < len(text) <= TEXT_MAX:
        raise ValueError(f"{where}: it is no text of 1 to {TEXT_MAX} characters")
