"""The page of `stock show`, as it stands on the terminal."""

from dataclasses import replace
from io import StringIO

import orjson
from rich.console import Console

from ledger.holds import Place
from ledger.level import StockCard
from ledger.movement import MovementKind
from ledger.wire import render_movement
from ledger.wire_outputs import render_entry
from streams.commands.show import parts_of
from streams.history import OPENING, History
from tables.cards import render_card
from tests.support.movements import movement
from tests.unit.ledger.test_journal import Ledger

TYPED = "broken [/PO 4411] :key: [red]"


def test_a_note_with_brackets_is_shown_as_it_was_typed() -> None:
    """Beside the movement and in the entry's narrative; it ended the page with a traceback."""
    lines = page_of(history())

    assert [TYPED in line for line in lines].count(True) == 2


def test_times_are_utc_and_say_so() -> None:
    """Whatever zone the writer had: a person compares them with Clarus's own."""
    shown = history()
    there = {"occurred_at": "2026-07-04T00:30:05+02:00"}
    movements = [{**fields, **there} for fields in shown.movements]
    entries = [{**fields, **there} for fields in shown.entries]
    card = {**shown.card, "as_of": "2026-07-04T00:30:05+02:00"}
    lines = page_of(replace(shown, card=card, movements=movements, entries=entries))

    assert ["2026-07-03 22:30" in line for line in lines].count(True) == 3
    assert "as of 2026-07-03 22:30 UTC" in lines[1]
    assert ["occurred (UTC)" in line for line in lines].count(True) == 2


def test_a_card_that_nothing_moved_yet_is_of_no_time() -> None:
    """Khaos told of a product, and nothing of it came."""
    shown = history()

    assert "as of never" in page_of(replace(shown, card={**shown.card, "as_of": None}))[1]


def test_what_waits_is_named_with_what_would_end_its_waiting() -> None:
    """A person need not read a topic to learn why the books have other units than the shelf."""
    moved = orjson.loads(render_movement(movement(1, MovementKind.ADJUSTED_DOWN, reason="ZZZ")))
    waits = [{"lacks": lacks, "movement": moved} for lacks in ("E02", "E03", OPENING)]
    told = "\n".join(page_of(replace(history(), waits=waits)))

    assert "a category of reason ZZZ (E02): `stock chart apply`" in told
    assert "a cost from Khaos (E03)" in told
    assert "the opening of LEEDS: `stock opening load`" in told
    assert told.count("not in the books") == 2
    assert told.count("not in any level") == 1
    assert "Waits" not in "\n".join(page_of(history()))


def page_of(shown: History) -> list[str]:
    page = Console(width=200, record=True, file=StringIO())
    for part in parts_of(shown):
        page.print(part, highlight=False)
    return page.export_text().splitlines()


def history() -> History:
    moved = movement(1, MovementKind.ADJUSTED_DOWN, "2", note=TYPED)
    entry = render_entry(Ledger("550").move(moved, "breakage"))
    card = StockCard(moved.sku, on_hand={Place(moved.account, "[/S]"): 1_000})
    return History(
        card=orjson.loads(render_card(card)),
        movements=[orjson.loads(render_movement(moved))],
        entries=[orjson.loads(entry)],
    )
