"""JSON that is kept takes no more memory than it has bytes."""

import sys
import tracemalloc
from typing import Any

import orjson
import pytest

from ledger.json_bytes import json_bytes
from tables.stock import StockBook

KEPT = 200
NOTED_BYTES = 200  # a key, and its place in a table


@pytest.fixture
def traced() -> Any:
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()


def test_what_is_kept_takes_what_it_holds(traced: Any) -> None:
    """A buffer of 4 KiB around 100 bytes is let go."""
    values = [{"number": number, "said": "x" * 100} for number in range(KEPT)]
    kept: list[bytes | None] = [None] * KEPT
    before = traced()
    for number, value in enumerate(values):
        kept[number] = json_bytes(value)

    assert traced() - before <= sum(map(sys.getsizeof, kept)) + NOTED_BYTES
    assert kept == [orjson.dumps(value) for value in values]


def test_committed_cards_take_what_they_hold(traced: Any) -> None:
    """A million cards need the memory of their bytes, not ten times as much."""
    book = StockBook()
    for number in range(KEPT):
        book.touch(book.card(f"SKU-{number}"))
    before = traced()
    book.commit(book.snapshot())

    held = sum(map(sys.getsizeof, book.committed.values()))
    assert traced() - before <= held + KEPT * NOTED_BYTES
