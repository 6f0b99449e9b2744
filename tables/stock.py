"""The stock table of one partition: cards, and movements that wait or are parked.

`StockBook` is the only writer. What is committed is kept as the changelog's own bytes, so that
recovery copies nothing and readers see what Kafka has; a card is decoded when it is touched.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import orjson

from ledger.chart import Chart, chart_fields, chart_from_fields
from ledger.errors import UnreadableState
from ledger.holds import Place
from ledger.json_bytes import json_bytes
from ledger.level import StockCard
from ledger.movement import Movement
from ledger.wire import render_movement
from tables.cards import has_level, parse_card, render_card
from tables.waiting import WAITING, Waits, kept_fields

OWN = b"\x00"  # begins every key that is no card's; no SKU has it
CHART = b"\x00chart:"
PARKED = b"\x00parked:"
DECODED_MAX = 10_000  # cards kept decoded; the least recently touched are decoded again later

Snapshot = list[tuple[bytes, bytes | None]]  # key, bytes or a tombstone


@dataclass(frozen=True, slots=True)
class Parked:
    """A movement in the levels whose entry waits for a cost or a mapping."""

    movement: Movement
    source: str
    offset: int
    applied_at: int  # where it was applied: at its own offset, or at the opening it waited for
    lacks: str  # the class of the exception that stands for it: E02 or E03


class StockBook:
    """Invariant: `committed` holds cards alone, and changes in `commit` to what a snapshot was."""

    def __init__(self, first_version: int = 0) -> None:
        """Begin empty; a card that is not there yet begins at `first_version`."""
        self._first_version = first_version
        self.waiting = Waits()
        self.committed: dict[bytes, bytes] = {}
        self._cards: OrderedDict[str, StockCard] = OrderedDict()
        self._touched: dict[str, None] = {}  # an ordered set
        self._parked: dict[str, dict[int, Parked]] = {}  # by SKU, then offset
        self._charts: dict[str, Chart] = {}  # by the id that entries cite
        self._notes: dict[bytes, bytes | None] = {}  # what is no card, since the last snapshot
        self._told: dict[str, int] = {}  # version of each decoded card at the last snapshot

    def restore(self, changelog: Mapping[bytes, bytes]) -> None:
        """Start from a recovered changelog."""
        for key, value in changelog.items():
            if key.startswith(PARKED):
                parked = _parse_parked(value)
                self._by_sku(parked.movement.sku)[parked.offset] = parked
            elif key.startswith(WAITING):
                self.waiting.restore(value)
            elif key.startswith(CHART):
                self._charts[key[1:].decode()] = _parse_chart(value)
            elif not key.startswith(OWN):
                self.committed[key] = value

    def card(self, sku: str) -> StockCard:
        """Return the working copy of a card; a new one where there was none."""
        card = self._cards.get(sku)
        if card is None:
            value = self.committed.get(sku.encode())
            if value is None:
                card = StockCard(sku, version=self._first_version)
            else:
                card = parse_card(value)
            self._cards[sku] = card
            self._told[sku] = card.version
        return card

    def has_risen(self, card: StockCard) -> bool:
        """Say whether a card's version is above the one of the last snapshot."""
        return card.version > self._told[card.sku]

    def touch(self, card: StockCard) -> None:
        """Have the card written by the next snapshot."""
        self._touched[card.sku] = None
        self._cards.move_to_end(card.sku)

    def touched(self) -> Iterator[StockCard]:
        """Return the cards the next snapshot will write."""
        return (self._cards[sku] for sku in self._touched)

    def concerned(self, place: Place, after: str = "") -> list[str]:
        """Return in order the SKUs after one with a level at a place, or that wait for it."""
        skus = set(self.waiting.skus(place))
        skus.update(sku for sku, card in self._cards.items() if place in card.on_hand)
        skus.update(
            key.decode() for key, value in self.committed.items() if has_level(value, place)
        )
        return sorted(sku for sku in skus if sku > after)

    def publish(self, place: Place, sku: str) -> bool:
        """Have a SKU's card stated anew if it has a level at a place that opens."""
        if sku not in self._cards and sku.encode() not in self.committed:
            return False
        card = self.card(sku)
        if place not in card.on_hand:
            return False
        card.version += 1
        self.touch(card)
        return True

    def keep_chart(self, chart: Chart) -> None:
        """Keep a chart for good: entries that cite it are proven by it."""
        if chart.rules not in self._charts:
            self._charts[chart.rules] = chart
            key, value = render_kept_chart(chart)
            self._notes[key] = value

    def chart(self, rules: str) -> Chart:
        """Return a chart that was kept; raise `UnreadableState` where the changelog lost it."""
        if rules not in self._charts:
            raise UnreadableState(f"the chart in force, {rules}, is not kept")
        return self._charts[rules]

    def park(self, parked: Parked) -> None:
        """Keep a movement until its entry can be made."""
        self._by_sku(parked.movement.sku)[parked.offset] = parked
        self._notes[_parked_key(parked)] = _render_parked(parked)

    def unpark(self, parked: Parked) -> None:
        """Let go of a movement whose entry is made."""
        sku = parked.movement.sku
        own = self._parked[sku]
        del own[parked.offset]
        if not own:
            del self._parked[sku]
        self._notes[_parked_key(parked)] = None

    def parked_of(self, sku: str) -> list[Parked]:
        """Return a SKU's parked movements in the order they were applied in."""
        own = self._parked.get(sku, {}).values()
        return sorted(own, key=lambda parked: (parked.applied_at, parked.offset))

    def parked_skus(self) -> list[str]:
        """Return the SKUs that have parked movements."""
        return sorted(self._parked)

    def parked_count(self) -> int:
        """Return how many movements are parked."""
        return sum(len(own) for own in self._parked.values())

    def snapshot(self) -> Snapshot:
        """Return what changed since the last snapshot, as bytes of this moment."""
        snapshot: Snapshot = [(card.sku.encode(), render_card(card)) for card in self.touched()]
        snapshot.extend(self._notes.items())
        snapshot.extend(self.waiting.snapshot())
        self._told.update((card.sku, card.version) for card in self.touched())
        self._touched, self._notes = {}, {}
        return snapshot

    def commit(self, snapshot: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Show a snapshot's cards to readers; let go of cards not touched for long."""
        for key, value in snapshot:
            if value is not None and not key.startswith(OWN):
                self.committed[key] = value
        while len(self._cards) > DECODED_MAX:
            sku = next(iter(self._cards))
            if sku in self._touched:
                return
            del self._cards[sku], self._told[sku]

    def _by_sku(self, sku: str) -> dict[int, Parked]:
        return self._parked.setdefault(sku, {})


def render_kept_chart(chart: Chart) -> tuple[bytes, bytes]:
    """Return the key and the value under which a chart is kept."""
    return b"\x00" + chart.rules.encode(), json_bytes(chart_fields(chart))


def _parked_key(parked: Parked) -> bytes:
    # Not the id: two SKUs may have movements of the same one.
    return PARKED + b"%d" % parked.offset


def _render_parked(parked: Parked) -> bytes:
    return json_bytes(
        {
            "source": parked.source,
            "offset": parked.offset,
            "applied_at": parked.applied_at,
            "lacks": parked.lacks,
            "movement": orjson.Fragment(render_movement(parked.movement)),
        }
    )


def _parse_parked(value: bytes) -> Parked:
    fields = kept_fields(value)
    offset = fields["offset"]
    applied_at = fields.get("applied_at", offset)  # older records do not say
    return Parked(fields["movement"], fields["source"], offset, applied_at, fields["lacks"])


@lru_cache(maxsize=16)  # every partition keeps the same few
def _parse_chart(value: bytes) -> Chart:
    try:
        return chart_from_fields(orjson.loads(value))
    except ValueError as error:  # of JSON too
        raise UnreadableState(f"a kept chart does not read back: {error}") from None
