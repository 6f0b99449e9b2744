"""The planted bugs: the test of the tests. Each must be caught within 200 seeds, every time.

Caught is what breaks a law that is written beside the bug. A plant that no longer fits the program
raises something else, and has caught nothing.

They enter as subclasses and as seams of the model (`worker.Plant`), or replace a function for as
long as one universe lives; nothing in production can switch them on.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from itertools import count
from typing import Any
from unittest.mock import patch

from ledger import level
from ledger.errors import BrokenInvariant
from ledger.holds import Holds, Place
from ledger.journal import Entry
from ledger.level import StockCard
from ledger.movement import OPENINGS, Movement
from streams import keep_stock, keep_stock_entries, translate
from streams.engine.errors import RefusesToRun
from streams.engine.fold import Send
from streams.engine.lane import Lane, RecordList, Transaction
from streams.keep_stock_entries import Entries
from streams.keep_stock_levels import Levels
from streams.keep_stock_outputs import Outputs
from streams.openings import Openings
from streams.topics import DELIVERIES, KEEP_STOCK, PRODUCTS, STOCK_CHANGELOG
from tables.cards import render_card
from tests.simulation.kafka import Kafka
from tests.simulation.kafka import Place as Partition
from tests.simulation.worker import Plant, changelog_image

CAUGHT_WITHIN_SEEDS = 200
_BROKEN, _REFUSES = BrokenInvariant.__name__, RefusesToRun.__name__


@dataclass(frozen=True, slots=True)
class Bug:
    """What is wrong, what finds it, and how it is put in."""

    says: str
    caught_by: tuple[str, ...]  # laws of the oracle, and what the program raises on purpose
    plant: Plant = Plant()  # noqa: RUF009 (a frozen value)
    around: Callable[[], AbstractContextManager[Any]] = nullcontext


class TakesAnything(Lane):
    """Takes a list wherever it begins."""

    def take(self, taken: RecordList) -> bool:
        """Go on from there."""
        self.next_offset[taken.topic] = taken.before
        return super().take(taken)


class CutsLate(Lane):
    """Renders the cards when they are written, not when the transaction is cut."""

    def cut(self) -> Transaction | None:
        """Return a transaction whose changelog is the state of later."""
        transaction = super().cut()
        if transaction is None or self.agent != KEEP_STOCK:
            return transaction
        return replace(transaction, changelog=_Live(transaction.changelog, self.fold))  # pyright: ignore[reportArgumentType]


class _Live:
    """A changelog that is rendered while it is read."""

    def __init__(self, fixed: Any, fold: Any) -> None:
        self._fixed, self._book = fixed, fold._cards

    def __iter__(self) -> Iterator[tuple[bytes, bytes | None]]:
        for key, value in self._fixed:
            is_card = not key.startswith(b"\x00")
            yield key, render_card(self._book.card(key.decode())) if is_card else value


@contextmanager
def _forgets_unlisted() -> Iterator[None]:
    """Open only what the opening listed: other SKUs of the site are left out."""
    real = Levels.take

    def take(self: Levels, movement: Movement, record: Any) -> None:
        place = Place(movement.account, movement.site)
        card = self._cards.card(movement.sku)
        is_open = place in self.openings.opened
        if movement.kind not in OPENINGS and is_open and place not in card.on_hand:
            self._counts["before_opening"] += 1
            return
        real(self, movement, record)

    with patch.object(Levels, "take", take):
        yield


def _first_value_wins(kafka: Kafka, place: Partition) -> dict[bytes, bytes]:
    image: dict[bytes, bytes] = {}
    for record in kafka.logs[place].committed():
        if record.value is not None and not (record.key or b"").startswith(b"\x00mark"):
            image.setdefault(record.key or b"", record.value)
    marks = {k: v for k, v in changelog_image(kafka, place).items() if k == b"\x00mark"}
    return image | marks


def _uncommitted_too(kafka: Kafka, place: Partition) -> dict[bytes, bytes]:
    """Read back what was aborted as well."""
    if place[0] != STOCK_CHANGELOG.name:
        return changelog_image(kafka, place)
    image = {
        record.key or b"": record.value
        for slot in kafka.logs[place].slots
        if (record := slot.record) is not None
    }
    return {key: value for key, value in image.items() if value is not None}


@contextmanager
def _without_identity() -> Iterator[None]:
    with patch.object(level, "_identity", lambda *_: None):
        yield


@contextmanager
def _random_entry_ids() -> Iterator[None]:
    numbers = count()
    real = keep_stock_entries.entry_for

    def drawn(*given: Any, **named: Any) -> tuple[Entry, Any]:
        entry, pool = real(*given, **named)
        return replace(entry, entry_id=f"entry:{next(numbers)}"), pool

    with patch.object(keep_stock_entries, "entry_for", drawn):
        yield


@contextmanager
def _never_entered() -> Iterator[None]:
    with patch.object(Entries, "enter_parked", lambda *_: None):
        yield


@contextmanager
def _twice_the_quantity() -> Iterator[None]:
    real = keep_stock_entries.entry_for

    def doubled(movement: Movement, *given: Any, **named: Any) -> tuple[Entry, Any]:
        return real(replace(movement, quantity_milli=2 * movement.quantity_milli), *given, **named)

    with patch.object(keep_stock_entries, "entry_for", doubled):
        yield


@contextmanager
def _silent_quarantine() -> Iterator[None]:
    with patch.object(Outputs, "_set_aside", lambda *_: None):
        yield


@contextmanager
def _other_bytes_aside() -> Iterator[None]:
    real = translate.quarantined

    def emptied(*given: Any, **named: Any) -> Send:
        key, _, headers = real(*given, **named)
        return key, b"", headers

    with patch.object(translate, "quarantined", emptied):
        yield


@contextmanager
def _forgets_holds() -> Iterator[None]:
    with patch.object(Holds, "note", lambda *_, **__: False):
        yield


@contextmanager
def _sells_held() -> Iterator[None]:
    real = keep_stock.availability_of

    def stated(card: StockCard, *given: Any) -> Any:
        return real(replace(card, holds=Holds()), *given)

    with patch.object(keep_stock, "availability_of", stated):
        yield


@contextmanager
def _availability_again() -> Iterator[None]:
    """Say the last availability again with the next: a reader goes back in time."""
    real, last = Outputs.availability, {}

    def twice(self: Outputs, availability: Any) -> None:
        real(self, availability)
        before = last.get(availability.sku)
        last[availability.sku] = availability
        if before is not None:
            real(self, before)

    with patch.object(Outputs, "availability", twice):
        yield


@contextmanager
def _forgets_under_way() -> Iterator[None]:
    """Leave out of the mark that an opening is under way."""
    real = Openings.state

    def state(self: Openings) -> dict[str, Any]:
        return {"openings": real(self)["openings"]}

    with patch.object(Openings, "state", state):
        yield


BUGS: Mapping[str, Bug] = {
    "takes_any_list": Bug(
        "a list fetched before a rebalance or a seek is taken where it begins",
        (_BROKEN, "effect once", "nothing lost", "set aside", "conservation", "fates"),
        Plant(lane=TakesAnything, checks_generation=False),
    ),
    "forgets_identity": Bug(
        "a movement told twice counts twice",
        ("set aside", "conservation"),
        around=_without_identity,
    ),
    "random_entry_ids": Bug(
        "an entry's id is drawn, not computed", ("effect once",), around=_random_entry_ids
    ),
    "parked_for_ever": Bug(
        "what is parked is not entered when its cost comes", ("parked",), around=_never_entered
    ),
    "twice_the_quantity": Bug(
        "entries and pools are of twice the quantity", ("entries",), around=_twice_the_quantity
    ),
    "some_offsets_never": Bug(
        "the group's offsets of deliveries and products are never committed",
        ("offsets",),
        Plant(forgets_offsets_of=(DELIVERIES.name, PRODUCTS.name)),
    ),
    "offsets_before_outputs": Bug(
        "the group's offsets are committed before the outputs",
        (_REFUSES,),
        Plant(commits_offsets_first=True),
    ),
    "no_fencing": Bug(
        "a worker that was frozen goes on writing",
        ("effect once", _BROKEN, "set aside", _REFUSES),
        Plant(fences=False),
    ),
    "silent_quarantine": Bug(
        "what is set aside is not written", ("set aside",), around=_silent_quarantine
    ),
    "other_bytes_aside": Bug(
        "a bad record is set aside without its bytes", ("set aside",), around=_other_bytes_aside
    ),
    "empty_fetch_stands_still": Bug(
        "a fetch that held only markers does not advance the lane",
        ("liveness",),
        Plant(skips_empty_lists=True),
    ),
    "snapshot_after_await": Bug(
        "cards are rendered while the transaction is written",
        ("committed only", _BROKEN, "tie"),
        Plant(lane=CutsLate),
    ),
    "recovery_before_fencing": Bug(
        "the changelog is read before the former owner is fenced",
        (_REFUSES, "effect once", _BROKEN),
        Plant(recovers_before_fencing=True),
    ),
    "begins_before_settled": Bug(
        "a lane begins its next transaction while partitions hold the last one open",
        (_REFUSES, "committed only", "nothing lost", "effect once", "entries", "tie"),
        Plant(settles=False),
    ),
    "aborts_what_was_decided": Bug(
        "whoever takes a lane over aborts what Kafka had committed, and had left markers out of",
        (_REFUSES, "nothing lost", "entries"),
        Plant(asks_before_fencing=False),
    ),
    "first_value_wins": Bug(
        "recovery keeps the first value of a key",
        ("conservation", "set aside", "fates", "tie", "versions", "effect once"),
        Plant(recovers_from=_first_value_wins),
    ),
    "reads_aborted": Bug(
        "recovery reads aborted transactions too",
        ("committed only", "entries", "fates", "tie", "conservation"),
        Plant(recovers_from=_uncommitted_too),
    ),
    "forgets_holds": Bug("a hold is forgotten", ("held", "fates"), around=_forgets_holds),
    "sells_held": Bug(
        "what may be sold is stated as if nothing were on hold",
        ("availability",),
        around=_sells_held,
    ),
    "availability_goes_back": Bug(
        "an older availability follows a newer one", ("versions",), around=_availability_again
    ),
    "shown_before_commit": Bug(
        "readers see values that Kafka has not committed",
        ("committed only",),
        Plant(shows_before_commit=True),
    ),
    "opening_forgets_unlisted": Bug(
        "a SKU that the opening does not list is left out",
        ("conservation", "set aside"),
        around=_forgets_unlisted,
    ),
    "opening_left_in_the_middle": Bug(
        "who takes a lane over in the middle of an opening does not go on with it",
        ("nothing lost", "fates", "conservation", "set aside"),
        around=_forgets_under_way,
    ),
}
