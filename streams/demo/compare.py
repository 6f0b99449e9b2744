"""Holding what the topics hold against what the sandbox knows to be true."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

from ledger.quantity import parse_quantity, render_quantity
from streams.demo.figures import Figures
from streams.sandbox import Level, StockPlace, Truth
from streams.topics import DELIVERIES, KEEP_STOCK, TRANSLATE
from tables.cards import parse_card

NOTHING = Level()


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it is in the warehouse."""

    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.what}: {self.expected} is true, {self.found} was found"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared, and where it differs."""

    fates: int
    levels: int
    skus: int
    differences: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        """Say whether all is as it is in the warehouse."""
        return not self.differences


def compare(figures: Figures, truth: Truth) -> Comparison:
    """Compare the fates of every delivery, every level, and what may be sold of every SKU."""
    found_levels = levels_of(figures.cards)
    sellable = sellable_of(truth.levels)
    return Comparison(
        fates=len(truth.fates) + len(truth.outcomes),
        levels=len(found_levels.keys() | truth.levels.keys()),
        skus=len(sellable),
        differences=(
            *_fates(figures, truth),
            *_levels(found_levels, truth.levels),
            *_availability(figures.availability, sellable),
        ),
    )


def levels_of(cards: Mapping[str, bytes]) -> dict[StockPlace, Level]:
    """Return the levels of committed cards; those of nought are left out."""
    levels: dict[StockPlace, Level] = {}
    for value in cards.values():
        card = parse_card(value)
        for place, on_hand in card.on_hand.items():
            level = Level(on_hand, card.held_milli(place))
            if level != NOTHING:
                levels[StockPlace(place.account, place.site, card.sku)] = level
    return levels


def sellable_of(levels: Mapping[StockPlace, Level]) -> dict[str, int]:
    """Return thousandths that may be sold of each SKU: never below nought at any place."""
    sellable: dict[str, int] = {}
    for place, level in levels.items():
        free = max(0, level.on_hand_milli - level.held_milli)
        sellable[place.sku] = sellable.get(place.sku, 0) + free
    return sellable


def _fates(figures: Figures, truth: Truth) -> Iterator[Difference]:
    unsure = truth.sent.get("unsure", 0)
    for agent, expected in ((TRANSLATE, truth.fates), (KEEP_STOCK, truth.outcomes)):
        counted = figures.counts(agent)
        for fate, number in expected.items():
            # An answer lost by accident: told again, and each telling may have come in.
            if not number <= counted[fate] <= number + unsure:
                yield Difference(f"{agent} counts {fate}", f"{number:,}", f"{counted[fate]:,}")
    read, counted = figures.records[DELIVERIES.name], figures.counts(TRANSLATE)["deliveries"]
    if read != counted:
        yield Difference(f"records of {DELIVERIES.name}", f"{read:,}", f"{counted:,} counted")
    if figures.opening_rows != truth.opening_rows:
        rows, found = f"{truth.opening_rows:,}", f"{figures.opening_rows:,}"
        yield Difference("rows of the opening position", rows, found)


def _levels(
    found: Mapping[StockPlace, Level], true: Mapping[StockPlace, Level]
) -> Iterator[Difference]:
    for place in sorted(found.keys() | true.keys()):
        expected, actual = true.get(place, NOTHING), found.get(place, NOTHING)
        if expected != actual:
            where = f"{place.sku} of {place.account} at {place.site}"
            yield Difference(where, _text(expected), _text(actual))


def _availability(
    statements: Mapping[str, bytes], sellable: Mapping[str, int]
) -> Iterator[Difference]:
    for sku in sorted(statements.keys() | sellable.keys()):
        expected, said = sellable.get(sku, 0), statements.get(sku)
        found = parse_quantity(orjson.loads(said)["available"]) if said else 0
        if expected != found:
            yield Difference(
                f"available of {sku}", render_quantity(expected), render_quantity(found)
            )


def _text(level: Level) -> str:
    on_hand, held = render_quantity(level.on_hand_milli), render_quantity(level.held_milli)
    return f"{on_hand} on hand ({held} held)"
