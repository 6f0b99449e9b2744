"""What the planted bugs put in: subclasses of the program's, and functions in place of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any
from unittest.mock import patch

from ledger import holds, journal, level
from ledger.availability import Availability
from ledger.holds import Held, Holds, HoldStep, Place
from ledger.journal import Entry
from ledger.level import StockCard
from ledger.movement import OPENINGS, Movement
from ledger.valuation import Pool, Product
from streams import keep_stock, keep_stock_entries, translate
from streams.clarus.arrival import Foreign, Moved
from streams.clarus.shapes import Outcome
from streams.clarus.words import Account, Words
from streams.engine.fold import Send
from streams.engine.lane import Lane, RecordList, Transaction
from streams.keep_stock_entries import Entries
from streams.keep_stock_levels import Levels
from streams.keep_stock_outputs import Outputs
from streams.openings import Openings
from streams.topics import KEEP_STOCK, STOCK_CHANGELOG
from tables.cards import render_card
from tests.simulation.kafka import Kafka
from tests.simulation.kafka import Place as Partition
from tests.simulation.worker import changelog_image


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
def forgets_unlisted() -> Iterator[None]:
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


def first_value_wins(kafka: Kafka, place: Partition) -> dict[bytes, bytes]:
    image: dict[bytes, bytes] = {}
    for record in kafka.logs[place].committed():
        if record.value is not None and not (record.key or b"").startswith(b"\x00mark"):
            image.setdefault(record.key or b"", record.value)
    marks = {k: v for k, v in changelog_image(kafka, place).items() if k == b"\x00mark"}
    return image | marks


def uncommitted_too(kafka: Kafka, place: Partition) -> dict[bytes, bytes]:
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
def without_identity() -> Iterator[None]:
    with patch.object(level, "_identity", lambda *_: None):
        yield


@contextmanager
def random_entry_ids() -> Iterator[None]:
    numbers = count()
    real = keep_stock_entries.entry_for

    def drawn(*given: Any, **named: Any) -> tuple[Entry, Any]:
        entry, pool = real(*given, **named)
        return replace(entry, entry_id=f"entry:{next(numbers)}"), pool

    with patch.object(keep_stock_entries, "entry_for", drawn):
        yield


@contextmanager
def never_entered() -> Iterator[None]:
    with patch.object(Entries, "enter_parked", lambda *_: None):
        yield


@contextmanager
def twice_the_quantity() -> Iterator[None]:
    real = keep_stock_entries.entry_for

    def doubled(movement: Movement, *given: Any, **named: Any) -> tuple[Entry, Any]:
        return real(replace(movement, quantity_milli=2 * movement.quantity_milli), *given, **named)

    with patch.object(keep_stock_entries, "entry_for", doubled):
        yield


@contextmanager
def silent_quarantine() -> Iterator[None]:
    with patch.object(Outputs, "_set_aside", lambda *_: None):
        yield


@contextmanager
def other_bytes_aside() -> Iterator[None]:
    real = translate.quarantined

    def emptied(*given: Any, **named: Any) -> Send:
        key, _, headers = real(*given, **named)
        return key, b"", headers

    with patch.object(translate, "quarantined", emptied):
        yield


@contextmanager
def forgets_holds() -> Iterator[None]:
    with patch.object(Holds, "note", lambda *_, **__: False):
        yield


@contextmanager
def sells_what_is_put_back() -> Iterator[None]:
    real = holds._step_of

    def step_of(*given: Any, **named: Any) -> HoldStep | None:
        step = real(*given, **named)
        return None if step is HoldStep.COME else step

    with patch.object(holds, "_step_of", step_of):
        yield


@contextmanager
def forgets_emptied() -> Iterator[None]:
    """Take a record off hold once nothing is left of it."""

    def forget(held: Held) -> None:
        for key in [key for key, milli in held.items() if not milli]:
            del held[key]

    with patch.object(holds, "_forget_emptied", forget):
        yield


@contextmanager
def sells_held() -> Iterator[None]:
    real = keep_stock.availability_of

    def stated(card: StockCard, *given: Any) -> Any:
        return real(replace(card, holds=Holds()), *given)

    with patch.object(keep_stock, "availability_of", stated):
        yield


@contextmanager
def availability_again() -> Iterator[None]:
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
def forgets_under_way() -> Iterator[None]:
    """Leave out of the mark that an opening is under way."""
    real = Openings.state

    def state(self: Openings) -> dict[str, Any]:
        return {"openings": real(self)["openings"]}

    with patch.object(Openings, "state", state):
        yield


@contextmanager
def reads(otherwise: Callable[[Moved], Outcome]) -> Iterator[None]:
    """Make of what moved something else than the delivery tells."""
    real = translate.read

    def read(*given: Any) -> Outcome:
        outcome = real(*given)
        return otherwise(outcome) if isinstance(outcome, Moved) else outcome

    with patch.object(translate, "read", read):
        yield


def foreign(_: Moved) -> Foreign:
    return Foreign()


def half(moved: Moved) -> Moved:
    return Moved(tuple(replace(m, quantity_milli=m.quantity_milli // 2) for m in moved.movements))


def of_one_hash(moved: Moved) -> Moved:
    return Moved(tuple(replace(m, content_hash="0" * 16) for m in moved.movements))


@contextmanager
def lets_foreign_in() -> Iterator[None]:
    def ours(_: Words, code: str, *, may_be_id: bool) -> Account:  # noqa: ARG001 (as there)
        return Account(code, is_ours=True)

    with patch.object(Words, "account", ours):
        yield


@contextmanager
def double_cost() -> Iterator[None]:
    real = keep_stock_entries.entry_for

    def doubled(*given: Any, product: Product, **named: Any) -> tuple[Entry, Pool]:
        cost = 2 * (product.unit_cost_e4 or 0)
        return real(*given, product=replace(product, unit_cost_e4=cost), **named)

    with patch.object(keep_stock_entries, "entry_for", doubled):
        yield


@contextmanager
def cuts_pennies() -> Iterator[None]:
    with patch.object(journal, "value_pence", lambda milli, cost: milli * cost // 10_000_000):
        yield


@contextmanager
def keeps_residue() -> Iterator[None]:
    """Have the pool believe in a thousandth more while an entry is made."""
    real = keep_stock_entries.entry_for

    def kept(*given: Any, pool: Pool, **named: Any) -> tuple[Entry, Pool]:
        entry, after = real(*given, pool=Pool(pool.units_milli + 1, pool.pence), **named)
        return entry, Pool(after.units_milli - 1, after.pence)

    with patch.object(keep_stock_entries, "entry_for", kept):
        yield


@contextmanager
def never_revalued() -> Iterator[None]:
    with patch.object(keep_stock_entries, "cost_change_for", lambda _, pool, **__: (None, pool)):
        yield


@contextmanager
def states_before_opening() -> Iterator[None]:
    """State that there is nothing of a card none of whose places is open."""
    real = keep_stock.availability_of

    def stated(card: StockCard, *given: Any) -> Availability:
        saleable = card.product is not None
        nothing = Availability(card.sku, card.version, card.as_of, 0, (), saleable, card.cause)
        return real(card, *given) or nothing

    with patch.object(keep_stock, "availability_of", stated):
        yield


@contextmanager
def states_half_an_opening() -> Iterator[None]:
    """Take a place for open to a SKU whose waiting movements are not let in yet."""
    with patch.object(Openings, "opened_to", lambda openings, _: openings.opened):
        yield
