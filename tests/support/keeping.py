"""A lane of keep_stock without Kafka: values in at the next offset, what it said out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from ledger.movement import Movement, Opened
from ledger.valuation import Product
from ledger.wire import render_movement, render_opened, render_product
from streams.engine.fold import Cut, Headers
from streams.keep_stock import KeepStock
from streams.keep_stock_levels import PIECE_LET_IN
from streams.settings import Settings
from streams.topics import AVAILABILITY, EXCEPTIONS, JOURNAL, MOVEMENTS, PRODUCTS, QUARANTINE
from tests.support.movements import ACCOUNT, AT, SITE

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TIMESTAMP_MS = int(AT.timestamp() * 1000)


@dataclass(slots=True)
class Record:
    """A record as a consumer hands it over."""

    topic: str
    offset: int
    value: bytes
    partition: int = 0
    timestamp: int = TIMESTAMP_MS
    key: bytes | None = None
    headers: Headers = field(default_factory=Headers)


@dataclass(frozen=True, slots=True)
class Said:
    """What one cut says, read as its readers do."""

    cut: Cut

    @property
    def journal(self) -> list[dict[str, Any]]:
        return self._values(JOURNAL.name)

    @property
    def availability(self) -> list[dict[str, Any]]:
        return self._values(AVAILABILITY.name)

    @property
    def exceptions(self) -> list[tuple[str, str]]:
        """Return id and state of what was raised or cleared."""
        told = self._values(EXCEPTIONS.name)
        return sorted((each["exception_id"], each["state"]) for each in told)

    @property
    def notices(self) -> list[dict[str, Any]]:
        return self._values(EXCEPTIONS.name)

    @property
    def deleted(self) -> list[bytes | None]:
        """Return the keys of what was deleted."""
        return [
            key for sends in self.cut.outputs.values() for key, value, _ in sends if value is None
        ]

    @property
    def quarantine(self) -> list[tuple[dict[str, str], bytes]]:
        """Return headers and bytes of what was set aside."""
        return [
            ({name: text.decode() for name, text in headers}, value or b"")
            for (topic, _), sends in self.cut.outputs.items()
            for _, value, headers in sends
            if topic == QUARANTINE.name
        ]

    @property
    def counts(self) -> dict[str, int]:
        """Return the fates that are not zero."""
        return {fate: count for fate, count in self.cut.counts.items() if count}

    def _values(self, wanted: str) -> list[dict[str, Any]]:
        return [
            orjson.loads(value)
            for (topic, _), sends in self.cut.outputs.items()
            for _, value, _ in sends
            if topic == wanted and value is not None
        ]


class Keeping:
    """One lane; NPK at LEEDS is open unless a test says otherwise."""

    def __init__(
        self,
        *,
        opened: bool = True,
        first_version: int = 0,
        piece: int = PIECE_LET_IN,
        **settings: Any,
    ) -> None:
        self.settings = Settings.model_validate({"partitions": 1} | settings)
        self.piece = piece
        self.fold = KeepStock(0, self.settings, first_version=first_version, piece=piece)
        self.fold.restore({}, {}, {})
        self.offsets = {MOVEMENTS.name: 0, PRODUCTS.name: 0}
        self.changelog: dict[bytes, bytes] = {}  # as compaction leaves it
        self.clock = AT  # Kafka's
        if opened:
            self.say(Opened(ACCOUNT, SITE, LONG_AGO))
            self.cut()

    def say(self, *said: Movement | Opened | Product | bytes) -> None:
        """Append values to their topics and fold them, each in a list of its own."""
        for each in said:
            self.fold.fold([self._record(each)])

    def take(self, said: Iterable[Movement]) -> None:
        """Fold movements as one list; no opening is under way."""
        records = [self._record(each) for each in said]
        if records:
            self.fold.fold(records)

    def cut(self) -> Said:
        """Cut and commit."""
        cut = self.fold.cut()
        self.fold.committed(cut)
        for key, value in cut.changelog:
            if value is None:
                self.changelog.pop(key, None)
            else:
                self.changelog[key] = value
        return Said(cut)

    def restarted(self) -> "Keeping":
        """Cut, and return a lane that starts from what was committed."""
        last = self.cut().cut
        again = Keeping(opened=False, piece=self.piece)
        again.offsets = dict(self.offsets)
        again.changelog = dict(self.changelog)
        again.fold = KeepStock(0, self.settings, piece=self.piece)
        again.settings = self.settings
        again.fold.restore(self.changelog, last.counts, last.state)
        return again

    def _record(self, said: Movement | Opened | Product | bytes) -> Record:
        topic = PRODUCTS.name if isinstance(said, Product) else MOVEMENTS.name
        offset = self.offsets[topic]
        self.offsets[topic] += 1
        return Record(topic, offset, _bytes_of(said), timestamp=int(self.clock.timestamp() * 1000))


def _bytes_of(said: Movement | Opened | Product | bytes) -> bytes:
    match said:
        case Movement():
            return render_movement(said)
        case Opened():
            return render_opened(said)
        case Product():
            return render_product(said)
        case _:
            return said
