"""`stock show`: one SKU, what waits of it, its last movements and entries."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from ledger.exceptions import ExceptionClass
from ledger.quantity import parse_quantity, render_quantity
from streams.commands.say import (
    EXIT_DISAGREES,
    AsJson,
    console,
    facts,
    fail,
    run,
    settings_or_exit,
)
from streams.commands.shown import pounds, safe_text
from streams.history import LOOK_BACK_MAX, OPENING, Fields, History, history_of


def show(
    sku: Annotated[str, typer.Argument(help="The SKU, written as Clarus writes it.")],
    *,
    last: Annotated[int, typer.Option(help="Movements and entries shown.", min=1)] = 10,
    as_json: AsJson = False,
) -> None:
    """Show one card, what of it waits, its last movements and its last entries.

    All from Kafka, whether or not a worker runs: committed values.

    Exit codes: 0 shown; 1 there is no such card; 69 Kafka does not answer.
    """
    settings = settings_or_exit()
    history = run(history_of(settings, sku, last))
    if history is None:
        fail(f"there is no card for {safe_text(sku)!r}", EXIT_DISAGREES)
    if as_json:
        facts(
            {
                "card": history.card,
                "waits": history.waits,
                "movements": history.movements,
                "entries": history.entries,
            }
        )
        return
    for part in parts_of(history):
        console.print(part, highlight=False)


def parts_of(history: History) -> Iterator[Text | Table]:
    """Return the page, from its head to its foot."""
    card = history.card
    yield Text.assemble((safe_text(card["sku"]), "bold"), f"   version {card['version']}")
    yield Text(f"as of {_as_of(card['as_of'])}", style="dim")
    yield _levels(card)
    yield Text(_cost(card))
    yield Text()
    if history.waits:
        yield _waits(history.waits)
        yield Text()
    yield _movements(history.movements)
    yield Text()
    yield _entries(history.entries)
    looked = f"looked for among the newest {LOOK_BACK_MAX:,} records of each partition"
    yield Text(looked, style="dim")


def _levels(card: Fields) -> Table:
    table = _table("Levels", "account", "site", "on hand>", "held>", "available>")
    for level in card["levels"]:
        on_hand, held = parse_quantity(level["on_hand"]), parse_quantity(level["held"])
        available = render_quantity(max(0, on_hand - held))
        _add(table, level["account"], level["site"], level["on_hand"], level["held"], available)
    return table


def _cost(card: Fields) -> str:
    product, pool = card["product"], card["pool"]
    if product is None:
        return "Khaos has told nothing of it"
    cost = product["unit_cost_pence"]
    told = f"costs {cost} pence" if cost else "has no cost"
    saleable = "saleable" if product["saleable"] else "not saleable"
    return (
        f"{told} (Khaos, version {product['version']}), {saleable}; "
        f"in the books {pool['units']} units, {pounds(pool['pence'])}"
    )


def _waits(waits: Any) -> Table:
    table = _table("Waits", "occurred (UTC)", "kind", "quantity>", "site", "where", "waits for")
    for each in waits:
        movement = each["movement"]
        _add(
            table,
            *_what(movement),
            "not in any level" if each["lacks"] == OPENING else "not in the books",
            _waits_for(each["lacks"], movement),
        )
    return table


def _waits_for(lacks: str, movement: Fields) -> str:
    match lacks:
        case ExceptionClass.UNMAPPED_REASON.value:
            return f"a category of reason {movement['reason']} ({lacks}): `stock chart apply`"
        case ExceptionClass.NO_COST.value:
            return f"a cost from Khaos ({lacks})"
        case _:
            return f"the opening of {movement['site']}: `stock opening load`"


def _movements(movements: Any) -> Table:
    table = _table("Last movements", "occurred (UTC)", "kind", "quantity>", "site", "why", "id")
    for movement in movements:
        _add(
            table,
            *_what(movement),
            movement["note"] or movement["reason"] or movement["order"] or "",
            movement["movement_id"].rpartition(":")[2],
        )
    return table


def _what(movement: Fields) -> tuple[str, str, str, str]:
    """Return when a movement occurred, its kind, its quantity and its site."""
    kind = movement["kind"].replace("_", " ")
    return _minute(movement["occurred_at"]), kind, movement["quantity"], movement["site"]


def _entries(entries: Any) -> Table:
    table = _table("Last entries", "occurred (UTC)", "category", "quantity>", "value>", "narrative")
    for entry in entries:
        _add(
            table,
            _minute(entry["occurred_at"]),
            entry["category"].replace("_", " "),
            entry["quantity"],
            "no value" if entry["no_entry_because"] else pounds(entry["value_pence"]),
            entry["narrative"],
        )
    return table


def _table(title: str, *columns: str) -> Table:
    """Return a table; a column whose name ends in > is of numbers."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        justify = "right" if column.endswith(">") else "left"
        table.add_column(column.rstrip(">"), justify=justify, header_style="dim")
    return table


def _add(table: Table, *cells: str) -> None:
    """Add a row; no cell can act on the terminal, nor is it read as markup."""
    table.add_row(*(Text(safe_text(cell)) for cell in cells))


def _as_of(text: str | None) -> str:
    return f"{_minute(text)} UTC" if text else "never"


def _minute(text: str) -> str:
    """Return a time of the wire as UTC, which every reader knows: books have a zone, sites have."""
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M}"
