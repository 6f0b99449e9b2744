"""`stock exceptions`: what waits for a person, and whose it is."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer
from rich.table import Table
from rich.text import Text

from ledger.exceptions import ExceptionClass
from ledger.json_bytes import json_bytes
from ledger.wire import TIMES
from ledger.wire_outputs import ExceptionV1
from streams.commands.say import AsJson, console, facts, run, settings_or_exit
from streams.commands.shown import age, safe_text
from streams.raised import raised

_TO_DO = {
    ExceptionClass.UNMAPPED_REASON: "map the code in stock.toml, then `stock chart apply`",
    ExceptionClass.NO_COST: "tell its cost: khaos.products.v1",
    ExceptionClass.CONFLICT: "judge it: `stock quarantine list --class E04`",
    ExceptionClass.TOO_OLD: "judge it: `stock quarantine list --class E05`",
    ExceptionClass.BELOW_ZERO: "find the goods-in that is missing: `stock show SKU`",
    ExceptionClass.HELD_UNCLEAR: "say in Clarus which stock record left, or release the hold",
}


def exceptions(
    *,
    of: Annotated[
        ExceptionClass | None,
        typer.Option("--class", help="Only this class."),
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Only what this owner must do.")] = None,
    limit: Annotated[int, typer.Option(help="The oldest so many.", min=1)] = 100,
    as_json: AsJson = False,
) -> None:
    """List what waits for a person: raised, not cleared yet, the oldest first.

    Exit codes: 0 listed; 69 Kafka does not answer; 78 the topics do not fit.
    """
    settings = settings_or_exit()
    stand = run(raised(settings))
    wanted = [each for each in stand if of in (None, each.class_) and owner in (None, each.owner)]
    if as_json:
        facts({"found": len(wanted), "exceptions": [fields(each) for each in wanted[:limit]]})
        return
    if wanted:
        console.print(table(wanted[:limit], datetime.now(UTC)))
        console.print(to_do(wanted))
    more = f", the oldest {limit} are shown" if len(wanted) > limit else ""
    console.print(f"{len(wanted)} of {len(stand)} exceptions{more}", highlight=False)


def fields(stands: ExceptionV1) -> dict[str, Any]:
    """Return what an exception says, as on its topic."""
    return orjson.loads(json_bytes(stands.model_dump(by_alias=True), option=TIMES))


def table(stand: Sequence[ExceptionV1], now: datetime) -> Table:
    """Return exceptions as rows, one a line."""
    rows = Table(box=None, pad_edge=False)
    for heading in ("age", "class", "owner", "SKU", "why"):
        rows.add_column(heading, no_wrap=heading != "why", header_style="dim")
    for each in stand:
        since = age(each.raised_at, now) if each.raised_at else ""
        cells = (since, each.class_.value, each.owner, each.sku, each.why)
        rows.add_row(*(Text(safe_text(cell)) for cell in cells))
    return rows


def to_do(stand: Sequence[ExceptionV1]) -> Table:
    """Return what ends the exceptions of each class, and how many there are."""
    rows = Table(box=None, pad_edge=False, show_header=False)
    rows.add_column(justify="right")
    counts = Counter(each.class_ for each in stand)
    for of in sorted(counts, key=lambda of: of.value):
        rows.add_row(Text(str(counts[of])), Text(of.value), Text(_TO_DO[of]))
    return rows
