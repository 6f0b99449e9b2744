"""What a card remembers, exactly at its edges: 14 days by receipt, 4,096 movements."""

from datetime import datetime, timedelta

from ledger.level import APPLIED, CONFLICT, REPEATED, TOO_OLD, Outcome, StockCard, apply
from ledger.movement import Movement
from ledger.remembered import CHUNK_MAX, KEPT_MAX, Chunk, Remembered, id_hash
from tests.support.movements import AT, SKU, movement

DAY = timedelta(days=1)


class Told:
    """A card, and movements told one after another."""

    def __init__(self) -> None:
        self.card = StockCard(SKU)
        self._offset = 0

    def __call__(self, moved: Movement) -> Outcome:
        self._offset += 1
        return apply(self.card, moved, self._offset)


def received(number: int, at: datetime) -> Movement:
    """Return a movement received `at`, which occurred then."""
    return movement(number, at=at, received_at=at)


def test_a_repeat_is_known_for_fourteen_days() -> None:
    """To the last moment of 14 days after its receipt, whatever came between."""
    tell = Told()
    for day in range(15):
        assert tell(received(day, AT + day * DAY)) == APPLIED

    assert tell(received(0, AT)) == REPEATED
    assert tell(movement(0, quantity="2", at=AT)) == CONFLICT


def test_what_is_forgotten_is_never_guessed() -> None:
    """Beyond the window a repeat is too old to tell, never applied a second time."""
    tell = Told()
    for day in range(20):
        assert tell(received(day, AT + day * DAY)) == APPLIED

    assert tell(received(0, AT)) == TOO_OLD
    assert tell(received(99, AT)) == TOO_OLD
    assert sum(tell.card.on_hand.values()) == 20_000


def test_late_but_newer_than_the_forgotten_applies() -> None:
    """Only what occurred up to the newest movement forgotten cannot be told from a repeat."""
    tell = Told()
    for day in range(20):
        tell(received(day, AT + day * DAY))
    newest = tell.card.remembered.forgotten_until
    assert newest is not None

    assert tell(movement(100, at=newest)) == TOO_OLD
    assert tell(movement(101, at=newest + timedelta(microseconds=1))) == APPLIED


def test_at_most_4096_are_remembered() -> None:
    """The 4,096th is kept beside the first; the one after it lets a chunk of the oldest go."""
    tell = Told()
    moved = [movement(number, at=AT + timedelta(seconds=number)) for number in range(KEPT_MAX + 1)]
    for each in moved[:-1]:
        tell(each)

    assert len(tell.card.remembered) == KEPT_MAX
    assert tell(moved[0]) == REPEATED
    assert tell(moved[-1]) == APPLIED
    assert len(tell.card.remembered) == KEPT_MAX - CHUNK_MAX + 1
    assert tell(moved[0]) == TOO_OLD
    assert tell(moved[CHUNK_MAX - 1]) == TOO_OLD
    assert tell(moved[CHUNK_MAX]) == REPEATED


def test_a_person_may_accept_what_is_too_old() -> None:
    """What was kept apart as too old applies under the acceptance's own id."""
    tell = Told()
    for day in range(20):
        tell(received(day, AT + day * DAY))
    late = movement(500, at=AT, accepts="clarus:northpeak:stock.received:499")

    assert tell(late) == APPLIED


def test_a_quiet_card_has_few_chunks() -> None:
    """Two days share a chunk, so that a card of one movement a day stays small."""
    remembered = Remembered()
    for day in range(15):
        moved = received(day, AT + day * DAY)
        remembered.remember(moved, id_hash(moved.movement_id))

    assert len(remembered.chunks) == 8
    assert remembered.knows("clarus:northpeak:stock.received:0")
    assert not remembered.knows("clarus:northpeak:stock.received:15")


def test_only_whole_facts_are_recognised() -> None:
    """Bytes of two neighbouring facts that look like an id's hash are not that id."""
    sought, content = b"ABCDEFGH", b"wxyz"
    straddling = b"1234ABCD" + b"EFGH" + b"12345678" + b"5678"
    remembered = Remembered([Chunk(AT.toordinal(), AT, bytearray(straddling))])
    assert remembered.content_of(sought) is None

    remembered.chunks[0].facts += sought + content
    assert remembered.content_of(sought) == content
    assert remembered.content_of(b"1234ABCD") == b"EFGH"
