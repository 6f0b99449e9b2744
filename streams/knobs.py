"""Every setting as a person reads it: its value, unit, bounds, and the reason beside it.

The reasons are the comments of the settings' own source: they are written once.
"""

import ast
import inspect
import io
import json
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from textwrap import wrap
from typing import Any, Literal, get_args, get_origin

import annotated_types
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from streams.section import Section
from streams.settings_sources import KAFKA, SERVERS

# The last words of a name say the unit, the qualifiers after it stripped.
_UNITS = {"ms": "milliseconds", "s": "seconds", "bytes": "bytes", "records": "records"}
COMMENT_WIDTH = 96  # characters of a line of comment
_QUALIFIERS = frozenset({"max", "min"})


@dataclass(frozen=True, slots=True)
class Knob:
    """One setting."""

    table: str  # of stock.toml, e.g. `door`; empty: above all tables
    name: str
    variable: str  # of the environment
    value: Any  # the effective one as plain JSON; a secret is stars or none
    is_secret: bool
    unit: str
    bounds: str
    reason: str


def knobs(settings: BaseModel) -> list[Knob]:
    """Return every setting in the order of the source; a table's own before those below it."""
    found = sorted(_knobs(settings, (), "STOCK_"), key=lambda knob: knob.table != "")
    roots = list(dict.fromkeys(["", *(_root(knob) for knob in found)]))
    return sorted(found, key=lambda knob: (roots.index(_root(knob)), knob.table))


def render_toml(found: Iterable[Knob]) -> str:
    """Return a `stock.toml` that says what is in force now, and why, in its comments.

    What is not set, and every secret, is a comment itself: secrets belong into a file of their own.
    """
    lines: list[str] = []
    table = ""
    for knob in found:
        if knob.table != table:
            table = knob.table
            lines += ["", f"[{table}]"]
        lines += ["", *(f"# {line}" for line in wrap(knob.reason, COMMENT_WIDTH))]
        lines += [f"# {line}" for line in wrap(_facts(knob), COMMENT_WIDTH)]
        is_comment = knob.is_secret or knob.value is None
        value = "..." if is_comment else _toml(knob.value)
        lines.append(f"{'# ' if is_comment else ''}{knob.name} = {value}")
    return "\n".join(lines).lstrip("\n") + "\n"


def _facts(knob: Knob) -> str:
    state = {True: "set, not shown" if knob.value else "not set", False: ""}[knob.is_secret]
    return "; ".join(filter(None, (knob.unit, knob.bounds, state, knob.variable)))


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = (f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items() if v is not None)
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _root(knob: Knob) -> str:
    return knob.table.partition(".")[0]


def reasons(model: type[BaseModel]) -> dict[str, str]:
    """Return the comment of each field: above it or beside it.

    A field without one shares the comment above the field before it, where nothing parts them.
    """
    source = inspect.getsource(model)
    tree = ast.parse(source).body[0]
    comments = _comments(source)
    found: dict[str, str] = {}
    shared, last_line = "", 0
    for field in getattr(tree, "body", ()):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        end = field.end_lineno or field.lineno
        beside = [comments[n][1] for n in range(field.lineno, end + 1) if n in comments]
        above = _above(comments, field.lineno)
        if above or field.lineno != last_line + 1:
            shared = " ".join(above)
        found[field.target.id] = " ".join((*above, *beside)) or shared
        last_line = end
    return found


def _knobs(model: BaseModel, path: tuple[str, ...], variable: str) -> Iterator[Knob]:
    why = reasons(type(model))
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        below = f"{variable}{name.upper()}"
        if isinstance(value, Section):
            yield from _knobs(value, (*path, _table(name)), f"{below}__")
            continue
        table, shown_name = (KAFKA, SERVERS) if below == "STOCK_KAFKA" else (".".join(path), name)
        yield Knob(
            table=table,
            name=shown_name,
            variable=below,
            value=_plain(value),
            is_secret=SecretStr in (field.annotation, *get_args(field.annotation)),
            unit=_unit(name),
            bounds=_bounds(field),
            reason=why.get(name, ""),
        )


def _table(name: str) -> str:
    return KAFKA if name == "kafka_client" else name  # see `StockToml`


def _plain(value: Any) -> Any:
    match value:
        case SecretStr():
            return str(value)
        case PurePath():
            return str(value)
        case BaseModel():
            return value.model_dump(mode="json")
        case tuple() | list():
            return [_plain(each) for each in value]
        case Mapping():
            return {key: _plain(each) for key, each in value.items()}
        case _:
            return value


def _unit(name: str) -> str:
    words = [word for word in name.split("_") if word not in _QUALIFIERS]
    return _UNITS.get(words[-1], "")


def _bounds(field: FieldInfo) -> str:
    origin, arguments = get_origin(field.annotation), get_args(field.annotation)
    if origin is Literal:
        return "one of " + ", ".join(map(str, arguments))
    said = [text for each in field.metadata for text in _bound(each)]
    return " and ".join(said)


def _bound(each: Any) -> Iterator[str]:
    match each:
        case annotated_types.Ge(ge):
            yield f"at least {ge}"
        case annotated_types.Gt(gt):
            yield f"more than {gt}"
        case annotated_types.Le(le):
            yield f"at most {le}"
        case annotated_types.MinLen(length):
            yield f"at least {length} long"
        case annotated_types.MaxLen(length):
            yield f"at most {length} long"
        case _:
            pass


def _comments(source: str) -> dict[int, tuple[bool, str]]:
    """Return the comments by line: whether it stands alone there, and its text."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: (not token.line[: token.start[1]].strip(), token.string.lstrip("# "))
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def _above(comments: Mapping[int, tuple[bool, str]], line: int) -> list[str]:
    found: list[str] = []
    while (line := line - 1) in comments and comments[line][0]:
        found.insert(0, comments[line][1])
    return found
