"""The shipped days of the retailer dealt out anew, evenly and for as long as wanted.

Invariant: `told` is what the door answered 2xx for, and what must be on hand because of it.
"""

import csv
import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, cycle, islice
from pathlib import Path

from streams.sandbox import SHIPPED_DAYS, Faults, Progress, Sandbox, Scenario, caller
from streams.sandbox.caller import Caller
from streams.sandbox.letters import Delivery, Role
from streams.sandbox.shipped_days import SHIPPED, day_file
from tests.support.history import Told
from tests.support.history_fold import Shelf

LINES_A_DAY = 400
FIRST_DAY = datetime(2011, 1, 3)  # noqa: DTZ001 (the retailer's own clock has no zone)
# Kafka may be away for minutes: who tells, tells again for longer than a demo would.
TOLD_AGAIN_S_MAX = 1_200.0
TROUBLES = Faults(
    duplicates_share=0.03,
    reordered_share=0.03,
    delayed_share=0.005,
    dropped_share=0.005,
    answers_lost_share=0.01,
    conflicts=12,
    poison=3,
    numbers_as_text_share=0.05,
    enveloped_share=0.05,
    flat_share=0.05,
    arrays_share=0.02,
)


def write_days(path: Path, days: int) -> Path:
    """Write so many days of the shipped lines, each with invoices of its own."""
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        portions = _portions()
        writer = csv.DictWriter(file, next(portions)[0].keys())
        writer.writeheader()
        for number, rows in enumerate(islice(portions, days)):
            day = FIRST_DAY + timedelta(days=number)
            for row in rows:
                at = datetime.fromisoformat(row["InvoiceDate"])
                at = day.replace(hour=at.hour, minute=at.minute, second=at.second)
                own = {"InvoiceNo": f"{row['InvoiceNo']}{number:04d}", "InvoiceDate": str(at)}
                writer.writerow(row | own)
    return path


def _portions() -> Iterator[list[dict[str, str]]]:
    shipped: list[list[dict[str, str]]] = []
    for day in SHIPPED_DAYS:
        with gzip.open(SHIPPED / day_file(day), "rt", encoding="utf-8", newline="") as text:
            rows = list(csv.DictReader(text))
        shipped += [rows[at : at + LINES_A_DAY] for at in range(0, len(rows), LINES_A_DAY)]
    return cycle(shipped)


class Feed(Sandbox):
    """A sandbox that tells so many a second, and stops telling when asked to."""

    def __init__(self, lines: Path, *, seed: int, a_second: float) -> None:
        super().__init__(Scenario(input=lines, seed=seed, faults=TROUBLES))
        caller.TOLD_AGAIN_S_MAX = TOLD_AGAIN_S_MAX
        self.stopped = False
        self._due = 0
        self._a_second = a_second
        self._bodies: Counter[bytes] = Counter()
        self._levels: Counter[Shelf] = Counter()
        for row in self.opening_rows():
            self._levels[row.place] += row.on_hand_milli or 0

    @property
    def sent(self) -> int:
        """Return how many deliveries are answered."""
        return self._sent

    @property
    def waiting(self) -> int:
        """Return how many deliveries are due, and not answered."""
        return self._due - self._sent

    def told(self, *secrets: bytes) -> Told:
        """Return what must be in Kafka now that nothing is on its way."""
        return Told(dict(self._levels), dict(self._bodies), secrets)

    def deliveries(self, until: datetime | None = None) -> Iterator[Delivery]:
        """Give what is next, each due its share of a second after the one before."""
        due = FIRST_DAY
        for delivery in super().deliveries(until):
            self._due += 1
            yield delivery if until else replace(delivery, due=due)
            due += timedelta(seconds=1 / self._a_second)
            if self.stopped:
                return

    async def tell(self, door_url: str, secret: str) -> None:
        """Tell on and on, until `stopped`; then return when the last is answered."""
        self.stopped = False
        await self.play(door_url, secret, speed=1.0)

    def also(self, body: bytes) -> None:
        """Count a body that somebody else told, and that changes no level."""
        self._bodies[body] += 1

    def _answered(
        self,
        delivery: Delivery,
        caller: Caller,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        super()._answered(delivery, caller, on_progress)
        if delivery.poison is not None and delivery.poison.refused is not None:
            return
        self._bodies[delivery.body] += 1 + delivery.answer_lost
        if delivery.role is Role.FIRST:
            counted = (each for each in delivery.webhooks if each.at >= self.opens_at)
            for place, milli in chain.from_iterable(webhook.moves for webhook in counted):
                self._levels[place] += milli
