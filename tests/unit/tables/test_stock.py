"""The stock book: what is committed, touched, parked and waiting."""

import orjson
import pytest

from ledger.chart import DEFAULT_CHART
from ledger.errors import UnreadableState
from ledger.holds import Place
from ledger.level import apply
from tables import stock
from tables.stock import CHART, PARKED, Parked, StockBook
from tables.waiting import WAITING, Waiting
from tests.support.movements import ACCOUNT, SITE, SKU, movement

PLACE = Place(ACCOUNT, SITE)


def moved(book: StockBook, number: int, sku: str = SKU) -> None:
    card = book.card(sku)
    apply(card, movement(number, sku=sku), number)
    book.touch(card)


def again(book: StockBook) -> StockBook:
    """Return a book restored from what another has committed."""
    restored = StockBook()
    restored.restore(book.committed)
    return restored


def test_only_a_commit_shows_values() -> None:
    """Readers see what Kafka has, never a working copy."""
    book = StockBook()
    moved(book, 1)
    snapshot = book.snapshot()
    assert not book.committed
    book.commit(snapshot)

    assert dict(snapshot) == book.committed


def test_a_snapshot_is_of_its_moment() -> None:
    """What is folded after the cut changes nothing in it."""
    book = StockBook()
    moved(book, 1)
    snapshot = book.snapshot()
    fixed = [(key, bytes(value or b"")) for key, value in snapshot]
    moved(book, 2)

    assert fixed == snapshot
    assert book.snapshot() != snapshot


def test_a_snapshot_holds_what_was_touched_since_the_last() -> None:
    """Every card once, however often it was touched."""
    book = StockBook()
    moved(book, 1, "A")
    moved(book, 2, "A")
    moved(book, 3, "B")

    assert [key for key, _ in book.snapshot()] == [b"A", b"B"]
    assert book.snapshot() == []


def test_a_restored_book_has_the_same_cards() -> None:
    """The changelog gives back the same state, and the state the same bytes."""
    book = StockBook()
    moved(book, 1)
    book.commit(book.snapshot())
    restored = again(book)

    assert restored.card(SKU) == book.card(SKU)
    moved(book, 2)
    moved(restored, 2)
    assert restored.snapshot() == book.snapshot()


def test_a_version_has_risen_since_the_last_snapshot_only() -> None:
    """A card that reads back has been told of before."""
    book = StockBook()
    moved(book, 1)
    assert book.has_risen(book.card(SKU))
    book.commit(book.snapshot())

    assert not book.has_risen(book.card(SKU))
    restored = again(book)
    assert not restored.has_risen(restored.card(SKU))


def test_new_cards_begin_above_what_was_published() -> None:
    """After a rebuild every version is above those that readers know."""
    book = StockBook(first_version=900)
    moved(book, 1)

    assert book.card(SKU).version == 901


def test_parked_movements_are_kept_in_order_until_they_are_entered() -> None:
    """In the order they were applied in, by SKU, through a restart; then a tombstone."""
    book = StockBook()
    places = ((3, 3), (1, 4), (2, 4), (5, 5))  # 1 and 2 waited for the opening at 4
    for offset, applied_at in reversed(places):
        book.park(Parked(movement(offset), f"t/0/{offset}", offset, applied_at, "E03"))
    changelog = {key: value for key, value in book.snapshot() if value is not None}
    restored = StockBook()
    restored.restore(changelog)

    assert [each.offset for each in restored.parked_of(SKU)] == [3, 1, 2, 5]
    assert (restored.parked_count(), restored.parked_skus()) == (4, [SKU])
    for each in restored.parked_of(SKU):
        restored.unpark(each)
    assert {value for _, value in restored.snapshot()} == {None}
    assert (restored.parked_count(), restored.parked_of(SKU)) == (0, [])


def test_what_a_lane_keeps_for_itself_is_no_card() -> None:
    """Readers count and list what is committed without a look at its keys."""
    book = StockBook()
    moved(book, 1)
    book.park(Parked(movement(1), "t/0/1", 1, 1, "E03"))
    book.waiting.add(Waiting(movement(2), 2))
    book.keep_chart(DEFAULT_CHART)
    book.commit(book.snapshot())
    assert list(book.committed) == [SKU.encode()]
    restored = StockBook()
    restored.restore({b"\x00of a later version": b"{}", **book.committed})

    assert restored.committed == book.committed


def test_a_parked_movement_of_before_was_applied_where_it_stands() -> None:
    """Older changelogs do not say where; most movements waited for no opening."""
    book = StockBook()
    book.park(Parked(movement(1), "t/0/1", 1, 4, "E03"))
    ((key, value),) = book.snapshot()
    fields = orjson.loads(value or b"")
    del fields["applied_at"]
    restored = StockBook()
    restored.restore({key: orjson.dumps(fields)})

    assert [each.applied_at for each in restored.parked_of(SKU)] == [1]


def test_waiting_movements_are_let_in_in_order() -> None:
    """By place and SKU, through a restart."""
    book = StockBook()
    for number in (2, 1):
        book.waiting.add(Waiting(movement(number), number))
    book.waiting.add(Waiting(movement(9, site="YORK"), 9))
    book.waiting.add(Waiting(movement(8, sku="JUG"), 8))
    changelog = {key: value for key, value in book.snapshot() if value is not None}
    restored = StockBook()
    restored.restore(changelog)

    assert restored.waiting.count == 4
    assert [each.offset for each in restored.waiting.take(PLACE, SKU)] == [1, 2]
    assert restored.waiting.take(PLACE, SKU) == []
    assert restored.waiting.count == 2
    assert dict(restored.snapshot()) == {WAITING + b"1": None, WAITING + b"2": None}


def test_charts_are_kept_for_good() -> None:
    """Once, by the id that entries cite."""
    book = StockBook()
    book.keep_chart(DEFAULT_CHART)
    book.keep_chart(DEFAULT_CHART)
    snapshot = book.snapshot()
    restored = StockBook()
    restored.restore({key: value for key, value in snapshot if value is not None})

    assert [key for key, _ in snapshot] == [b"\x00" + DEFAULT_CHART.rules.encode()]
    assert restored.chart(DEFAULT_CHART.rules) == DEFAULT_CHART


def test_a_chart_that_the_changelog_lost_is_no_accident_of_ours() -> None:
    """A lane whose mark cites it refuses to begin, and names the rebuild."""
    with pytest.raises(UnreadableState, match=DEFAULT_CHART.rules):
        StockBook().chart(DEFAULT_CHART.rules)


def test_an_opening_concerns_what_is_there_and_what_waits() -> None:
    """Every SKU with a level there, committed or not, decoded or not; and those that wait."""
    book = StockBook()
    moved(book, 1, "A")
    moved(book, 2, "E")
    book.commit(book.snapshot())
    restored = again(book)
    restored.card("E")
    moved(restored, 3, "B")
    restored.card("C")
    restored.waiting.add(Waiting(movement(4, sku="D"), 4))
    restored.waiting.add(Waiting(movement(5, sku="F", site="YORK"), 5))

    assert restored.concerned(PLACE) == ["A", "B", "D", "E"]
    assert restored.concerned(PLACE, "B") == ["D", "E"]
    assert restored.concerned(Place(ACCOUNT, "YORK")) == ["F"]


def test_a_card_at_a_place_that_opens_is_stated_anew() -> None:
    """Committed or not, decoded or not; one without a level there is left, and none is made."""
    book = StockBook()
    moved(book, 1, "A")
    book.commit(book.snapshot())
    restored = again(book)
    moved(restored, 2, "B")
    restored.card("C")

    assert [restored.publish(PLACE, sku) for sku in "ABCD"] == [True, True, False, False]
    assert [key for key, _ in restored.snapshot()] == [b"B", b"A"]
    assert restored.card("A").version == 2


def test_cards_not_touched_for_long_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoded cards are bounded; one that is touched and not committed is never dropped."""
    monkeypatch.setattr(stock, "DECODED_MAX", 1)
    book = StockBook()
    for number, sku in enumerate(("A", "B", "C")):
        moved(book, number, sku)
    book.commit([])
    assert len(list(book.touched())) == 3
    book.commit(book.snapshot())
    card = book.card("C")

    assert book.card("A") == again(book).card("A")
    assert book.card("C") is card


@pytest.mark.parametrize("key", [PARKED + b"x", WAITING + b"1", CHART + b"x"])
@pytest.mark.parametrize("value", [b"", b"{}", b"[]", b'{"offset":1}'])
def test_state_that_does_not_read_back_is_refused(key: bytes, value: bytes) -> None:
    """Our own changelog is right, or the lane does not start."""
    with pytest.raises(UnreadableState, match="does not read back"):
        StockBook().restore({key: value})
