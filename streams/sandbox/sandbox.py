"""The stand-in as one thing: what a customer would configure, what Clarus would send, the truth."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice, takewhile
from pathlib import Path
from time import monotonic

import aiohttp

from ledger.valuation import Product
from streams.sandbox import tenant
from streams.sandbox.caller import ATTEMPT_S_MAX, Caller, Played, Progress, call_all
from streams.sandbox.cases import CASE_COSTS
from streams.sandbox.catalogue import Catalogue, learn
from streams.sandbox.letters import Delivery
from streams.sandbox.lines import is_charge
from streams.sandbox.lines_file import read_days, read_lines
from streams.sandbox.playing import Days, OpeningRow, Playing, write_rows
from streams.sandbox.reckoning import truth_of
from streams.sandbox.scenario import Scenario
from streams.sandbox.shipped_days import SHIPPED_DAYS, shipped_catalogue, shipped_days
from streams.sandbox.tally import Tally
from streams.sandbox.truth import Truth

CONCURRENCY = 64  # deliveries in flight: of 16, door, Kafka and worker cost a fifth more each


class Sandbox:
    """One warehouse through one scenario. Deterministic but for what the door answers."""

    def __init__(self, scenario: Scenario) -> None:
        """Make the first day of lines that read.

        Raises `UnreadableLines`; `LookupError` or `OSError` where there are none.
        """
        self.scenario = scenario
        self._catalogue = _catalogue(scenario)
        self._playing = Playing(scenario, self._catalogue, _days(scenario))
        self._costs = _costs(self._catalogue, cases=scenario.cases)
        without_cost = frozenset(code for code, cost in self._costs.items() if cost is None)
        self._tally = Tally(self._playing.opens_at, without_cost)
        self._made: deque[Delivery] = deque(self._playing.next_day())
        self._sent = 0
        self._called: Counter[str] = Counter()
        if scenario.input is None:
            while day := self._playing.next_day():
                self._made.extend(day)
        self._planned = len(self._made) if scenario.input is None else None

    @property
    def opens_at(self) -> datetime:
        """Return the quiet moment of the opening export, by Clarus's clock (UTC)."""
        return self._playing.opens_at

    @property
    def loads_at(self) -> datetime:
        """Return a good moment of the retailer's clock to load it: by then some movements wait."""
        return self._playing.loads_at

    @property
    def planned(self) -> int | None:
        """Return how many deliveries the whole playing has; None while it is made day by day."""
        return self._planned

    def stock_toml(self) -> str:
        """Return what a customer would put in `stock.toml`: [clarus] and the [[reason]] rows."""
        return tenant.stock_toml(negative_sign=self.scenario.faults.negative_sign)

    def products(self) -> Sequence[Product]:
        """Return what Khaos says of every SKU; those that never had a price have no cost."""
        return [Product(code, 1, cost, saleable=True) for code, cost in self._costs.items()]

    def opening_rows(self) -> Sequence[OpeningRow]:
        """Return the position at `opens_at`: on hand by SKU, then the records on hold."""
        return tuple(self._playing.opening)

    def write_opening(self, path: Path) -> None:
        """Write the position at `opens_at` as `stock opening load` reads it.

        Columns account, site, sku, on_hand, stock_record, held: a row a SKU with its on hand
        (held and picked goods included), and a row for each record on hold.
        """
        with path.open("w", encoding="utf-8", newline="") as file:
            write_rows(self._playing.opening, file)

    def deliveries(self, until: datetime | None = None) -> Iterator[Delivery]:
        """Take what is to be told next, up to a time of the retailer's clock, or to the end."""
        while self._made or self._make_a_day():
            if until is not None and self._made[0].due > until:
                return
            yield self._made.popleft()

    async def play(
        self,
        door_url: str,
        secret: str,
        *,
        until: datetime | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        concurrency: int = CONCURRENCY,
        speed: float | None = None,
    ) -> Played:
        """Tell the door everything up to `until` (of the retailer's clock), or to the end.

        Goes on where the last call ended. `speed` plays that many times faster than life; None
        plays as fast as the door answers. Raises `DoorRefuses`.
        """
        started, sent_before = monotonic(), self._sent
        limits = aiohttp.ClientTimeout(total=ATTEMPT_S_MAX)
        connector = aiohttp.TCPConnector(limit=concurrency)
        async with aiohttp.ClientSession(timeout=limits, connector=connector) as session:
            caller = Caller(
                session,
                f"{door_url.rstrip('/')}/clarus/{secret}",
                self._tally,
                lambda delivery: self._answered(delivery, caller, on_progress),
            )
            try:
                await call_all(self.deliveries(until), caller, concurrency=concurrency, speed=speed)
            finally:
                self._called.update(caller.counts)
        return Played(
            self._sent - sent_before,
            monotonic() - started,
            caller.counts["retries"],
            dict(sorted(caller.statuses.items())),
        )

    def truth(self) -> Truth:
        """Return the truth so far; of the whole playing once `play` has come to the end."""
        return truth_of(self._playing, self._tally, self._called, self._costs)

    def _make_a_day(self) -> bool:
        self._made.extend(self._playing.next_day())
        return bool(self._made)

    def _answered(
        self,
        delivery: Delivery,
        caller: Caller,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self._sent += 1
        if on_progress is not None:
            on_progress(
                Progress(
                    self._sent,
                    self._planned,
                    delivery.due,
                    self._called["retries"] + caller.counts["retries"],
                    self._called["refused"] + caller.counts["refused"],
                )
            )


def _catalogue(scenario: Scenario) -> Catalogue:
    return shipped_catalogue() if scenario.input is None else learn(read_lines(scenario.input))


def _days(scenario: Scenario) -> Days:
    if scenario.input is None:
        return shipped_days(scenario.days or SHIPPED_DAYS[:1])
    every = read_days(scenario.input)
    if scenario.days is not None:
        wanted, last = frozenset(scenario.days), max(scenario.days)
        # Not read further than the last day wanted.
        until_last = takewhile(lambda day: day[0] <= last, every)
        every = (day for day in until_last if day[0] in wanted)
    return islice(every, scenario.days_max)


def _costs(catalogue: Catalogue, *, cases: bool) -> dict[str, int | None]:
    costs = {
        code: catalogue.unit_cost_e4(code)
        for code in sorted(catalogue.codes)
        if not is_charge(code)
    }
    return costs | dict(CASE_COSTS) if cases else costs
