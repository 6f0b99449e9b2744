"""The page of `stock show`, as it stands on the terminal."""

from io import StringIO

import orjson
from rich.console import Console

from ledger.holds import Place
from ledger.level import StockCard
from ledger.movement import MovementKind
from ledger.wire import render_movement
from ledger.wire_outputs import render_entry
from streams.commands.show import parts_of
from streams.history import History
from tables.cards import render_card
from tests.support.movements import movement
from tests.unit.ledger.test_journal import Ledger

TYPED = "broken [/PO 4411] :key: [red]"


def test_a_note_with_brackets_is_shown_as_it_was_typed() -> None:
    """Beside the movement and in the entry's narrative; it ended the page with a traceback."""
    lines = page_of(history())

    assert [TYPED in line for line in lines].count(True) == 2


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
        card_from="changelog",
        movements=[orjson.loads(render_movement(moved))],
        entries=[orjson.loads(entry)],
    )
