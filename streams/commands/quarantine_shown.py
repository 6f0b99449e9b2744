"""How the quarantine is shown: as rows, as one record, as facts."""

import base64
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from ledger.exceptions import ExceptionClass
from streams.commands.say import say
from streams.commands.shown import age, safe_bytes, safe_text
from streams.quarantine import ACCEPTABLE, SetAside

SHOWN_BYTES_MAX = 16_384  # of a body; the rest is there with --raw


def summary(one: SetAside, now: datetime) -> dict[str, Any]:
    """Return what a record is about, without its bytes."""
    return {
        "place": one.place,
        "at": one.at,
        "age_s": int((now - one.at).total_seconds()),
        "class": one.of,
        "reason": one.reason,
        "origin": one.origin,
        "item": one.number,
        "movement_id": one.movement_id,
        "bytes": len(one.value),
    }


def table(records: Iterable[SetAside], now: datetime) -> Table:
    """Return records as rows, one a line."""
    rows = Table(box=None, pad_edge=False)
    for heading in ("place", "age", "class", "from", "reason"):
        rows.add_column(heading, no_wrap=heading != "reason")
    for one in records:
        cells = (one.place, age(one.at, now), one.of or "bad", one.origin, one.reason)
        rows.add_row(*(Text(safe_text(cell)) for cell in cells))
    return rows


def print_record(one: SetAside, now: datetime) -> None:
    """Print all there is of a record, and what can be done with it."""
    lines = [
        ("place", one.place),
        ("set aside", f"{one.at:%Y-%m-%d %H:%M:%S} UTC, {age(one.at, now)} ago"),
        ("class", _class(one.of)),
        ("reason", one.reason),
        ("from", f"{one.origin}, record {one.number + 1} of it"),
        *((f"  {name}", value) for name, value in headers(one).items()),
        ("to do", _to_do(one)),
        ("bytes", str(len(one.value))),
    ]
    for name, value in lines:
        say(f"{safe_text(name):<12} {safe_text(value)}")
    say("")
    say(safe_bytes(one.value[:SHOWN_BYTES_MAX]))
    if len(one.value) > SHOWN_BYTES_MAX:
        say(f"... the first {SHOWN_BYTES_MAX} bytes; all of them with --raw")


def _class(of: str | None) -> str:
    known = {one.value: one.name.lower().replace("_", " ") for one in ExceptionClass}
    return "bad record" if of is None else f"{of}, {known.get(of, 'not known here')}"


def _to_do(one: SetAside) -> str:
    if one.of in ACCEPTABLE:
        return f"if it is true: stock quarantine replay {one.place} --accept --who NAME --why WHY"
    return f"mend its cause, then: stock quarantine replay {one.place}"


def headers(one: SetAside) -> dict[str, str]:
    """Return the headers it had where it came from, as text."""
    return {name: value.decode(errors="replace") for name, value in one.original}


def body(value: bytes) -> dict[str, str]:
    """Return bytes as text where they are text, else in base64."""
    try:
        return {"text": value.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}
