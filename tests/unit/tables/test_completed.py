"""The memory of completed documents: what it forgets, and that it reads back as it was."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.errors import UnreadableState
from ledger.movement import MovementKind
from tables.completed import (
    DAYS_KEPT,
    FORGOTTEN_MAX,
    CompletedDocuments,
    Difference,
    StatedLine,
    Statement,
)

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
LINE = StatedLine("1", MovementKind.DISPATCHED, "LAMP", "HULL", "FERN")


def _statement(document: str = "goods_out:1", milli: int = 4_000) -> Statement:
    return Statement(document, NOON, {LINE: milli})


def _recovered(documents: CompletedDocuments) -> CompletedDocuments:
    again = CompletedDocuments()
    again.restore({key: value for key, value in documents.snapshot() if value is not None})
    return again


def test_first_statement_is_all_new() -> None:
    """Nothing was told before it."""
    assert Difference(1, ((LINE, 4_000),)) == CompletedDocuments().take(_statement(), NOON)


def test_memory_reads_back_as_it_was() -> None:
    """After recovery a statement told before says nothing new, and a changed one its difference."""
    documents = CompletedDocuments()
    documents.take(_statement(), NOON)
    again = _recovered(documents)

    assert Difference(1, ()) == again.take(_statement(), NOON)
    assert Difference(2, ((LINE, -1_000),)) == again.take(_statement(milli=3_000), NOON)


def test_statement_of_an_earlier_time_is_refused() -> None:
    """None, not an empty difference: the later statement stands."""
    documents = CompletedDocuments()
    documents.take(_statement(), NOON)
    earlier = Statement("goods_out:1", NOON - timedelta(seconds=1), {})

    assert documents.take(earlier, NOON) is None


def test_document_not_told_of_for_long_is_forgotten() -> None:
    """Its changelog key gets a tombstone; one told of since is kept."""
    documents = CompletedDocuments()
    documents.take(_statement("goods_out:1"), NOON)
    documents.take(_statement("goods_out:2"), NOON)
    documents.take(_statement("goods_out:1"), NOON + timedelta(days=1))
    documents.snapshot()
    documents.take(_statement("goods_out:3"), NOON + timedelta(days=DAYS_KEPT + 1))
    written = dict(documents.snapshot())

    assert {b"goods_out:2", b"goods_out:3"} == set(written)
    assert written[b"goods_out:2"] is None


def test_forgetting_is_bounded() -> None:
    """A cut after a long silence does not write a tombstone for everything at once."""
    documents = CompletedDocuments()
    for number in range(FORGOTTEN_MAX + 5):
        documents.take(_statement(f"goods_out:{number}"), NOON)
    documents.snapshot()
    documents.take(_statement("goods_in:1"), NOON + timedelta(days=DAYS_KEPT + 2))
    forgotten = [key for key, value in documents.snapshot() if value is None]

    assert len(forgotten) == FORGOTTEN_MAX


@pytest.mark.parametrize("value", [b"", b"7", b"{}", b'{"at":"x","day":1,"telling":1,"moved":[]}'])
def test_state_that_does_not_read_back_stops_the_lane(value: bytes) -> None:
    """Our own bytes are never guessed at."""
    with pytest.raises(UnreadableState, match="goods_out:1"):
        CompletedDocuments().restore({b"goods_out:1": value})
