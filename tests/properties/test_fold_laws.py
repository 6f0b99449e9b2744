"""The laws of the fold: what may not change a card, whatever the history.

Not covered here: the marks and transactions around it (`tests/broker`), the arithmetic of
`stock verify`, which is another program's.
"""

from collections.abc import Iterable
from copy import deepcopy
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ledger.availability import availability_of
from ledger.level import APPLIED, StockCard, Unrecorded, apply
from ledger.movement import HOLDS, Movement, MovementKind
from tables.cards import parse_card, render_card
from tests.support.movements import SKU, movements

EVERY_KIND = tuple(MovementKind)
Numbered = tuple[int, Movement]


def fold(card: StockCard, numbered: Iterable[Numbered], *, body_clock: bool = False) -> StockCard:
    for offset, moved in numbered:
        apply(card, moved, offset, body_clock=body_clock, unrecorded=Unrecorded.HELD_FIRST)
    return card


def figures(card: StockCard) -> object:
    places = set(card.on_hand)
    said = availability_of(card, places)
    return (
        {place: milli for place, milli in card.on_hand.items() if milli},
        {place: card.held_milli(place) for place in places if card.held_milli(place)},
        None if said is None else said.available_milli,
    )


@given(movements(EVERY_KIND), st.data())
def test_a_history_may_be_folded_in_parts(history: list[Movement], drawn: st.DataObject) -> None:
    """Folding is associative over concatenation, through bytes at every joint."""
    numbered = list(enumerate(history))
    at = drawn.draw(st.integers(0, len(history)))
    first = parse_card(render_card(fold(StockCard(SKU), numbered[:at])))

    assert fold(StockCard(SKU), numbered) == fold(first, numbered[at:])


@given(movements(EVERY_KIND), st.data())
def test_reading_again_from_any_offset_changes_nothing(
    history: list[Movement], drawn: st.DataObject
) -> None:
    """Rewinding to an earlier offset and reading on gives the same card."""
    numbered = list(enumerate(history))
    once = fold(StockCard(SKU), numbered)
    last = once.applied_offset
    back_to = drawn.draw(st.integers(0, len(history)))

    assert once == fold(deepcopy(once), [n for n in numbered[back_to:] if n[0] <= last])


@given(movements(), st.data())
def test_saying_a_movement_again_changes_nothing(
    history: list[Movement], drawn: st.DataObject
) -> None:
    """A movement has its effect once, however often and whenever it is delivered again."""
    told = list(history)
    for each in drawn.draw(st.lists(st.sampled_from(history), max_size=9)) if history else []:
        told.insert(drawn.draw(st.integers(told.index(each), len(told))), each)
    once = fold(StockCard(SKU), enumerate(history))

    assert figures(once) == figures(fold(StockCard(SKU), enumerate(told)))


@given(movements(EVERY_KIND, skus=(SKU, "B", "C")), st.randoms(use_true_random=False))
def test_other_skus_do_not_matter(history: list[Movement], random: Random) -> None:
    """A card is the same whatever happens to other SKUs between its own movements."""
    others = [moved for moved in history if moved.sku != SKU]
    random.shuffle(others)
    shuffled = [moved if moved.sku == SKU else others.pop() for moved in history]

    assert _card_among(history) == _card_among(shuffled)


def _card_among(history: list[Movement]) -> StockCard:
    cards: dict[str, StockCard] = {}
    for offset, moved in enumerate(history):
        apply(cards.setdefault(moved.sku, StockCard(moved.sku)), moved, offset)
    return cards.get(SKU, StockCard(SKU))


@given(movements(), st.randoms(use_true_random=False))
def test_levels_do_not_depend_on_the_order_of_arrival(
    history: list[Movement], random: Random
) -> None:
    """Inside the window, on hand is the same in any order (no holds: the arrival clock)."""
    shuffled = random.sample(history, len(history))

    assert figures(fold(StockCard(SKU), enumerate(history))) == figures(
        fold(StockCard(SKU), enumerate(shuffled))
    )


@given(movements(EVERY_KIND), st.randoms(use_true_random=False))
def test_held_does_not_depend_on_the_order_of_arrival_under_a_body_clock(
    history: list[Movement], random: Random
) -> None:
    """With times of the bodies' own, on hand, held and available are the same in any order."""
    shuffled = random.sample(history, len(history))
    one = fold(StockCard(SKU), enumerate(history), body_clock=True)
    other = fold(StockCard(SKU), enumerate(shuffled), body_clock=True)

    assert figures(one) == figures(other)


@given(movements(EVERY_KIND))
def test_a_hold_repeated_at_once_changes_nothing(history: list[Movement]) -> None:
    """A hold sets a state: setting it again, byte for byte, is a repeat."""
    twice = [
        moved for each in history for moved in ((each, each) if each.kind in HOLDS else (each,))
    ]

    assert figures(fold(StockCard(SKU), enumerate(history))) == figures(
        fold(StockCard(SKU), enumerate(twice))
    )


@given(movements(EVERY_KIND))
def test_held_is_between_zero_and_on_hand(history: list[Movement]) -> None:
    """Held never exceeds what is there, and available is never below zero."""
    card = fold(StockCard(SKU), enumerate(history))

    for place, on_hand in card.on_hand.items():
        assert 0 <= card.held_milli(place) <= max(0, on_hand)
    said = availability_of(card, set(card.on_hand))
    assert said is None or said.available_milli >= 0


@given(movements(EVERY_KIND))
def test_only_what_is_applied_raises_the_version(history: list[Movement]) -> None:
    """Every outcome but Applied leaves the card as it was; Applied raises its version by one."""
    card = StockCard(SKU)
    for offset, moved in enumerate([*history, *history]):
        before = deepcopy(card)
        outcome = apply(card, moved, offset)

        assert before.version + 1 == card.version if outcome is APPLIED else before == card


@given(movements(EVERY_KIND))
def test_a_card_reads_back_from_its_bytes(history: list[Movement]) -> None:
    """The changelog gives back the same card, and the card the same bytes."""
    for body_clock in (False, True):
        card = fold(StockCard(SKU), enumerate(history), body_clock=body_clock)
        kept = render_card(card)

        assert card == parse_card(kept)
        assert kept == render_card(parse_card(kept))


@given(movements())
def test_accounts_are_clamped_before_they_are_summed(history: list[Movement]) -> None:
    """One owner's missing stock is never made up from another's."""
    card = fold(StockCard(SKU), enumerate(history))
    free = {place: milli - card.held_milli(place) for place, milli in card.on_hand.items()}
    said = availability_of(card, set(card.on_hand))

    assert sum(max(0, milli) for milli in free.values()) == (said.available_milli if said else 0)
