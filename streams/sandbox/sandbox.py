"""The stand-in as one thing: what a customer would configure, what Clarus would send, the truth."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from ledger.valuation import Product
from streams.sandbox.caller import Played, Progress
from streams.sandbox.scenario import Scenario
from streams.sandbox.truth import Truth


class Sandbox:
    """One warehouse through one scenario. Deterministic but for what the door answers."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario

    @property
    def opens_at(self) -> datetime:
        """Return the quiet moment of the opening export, by Clarus's clock (UTC)."""
        raise NotImplementedError

    @property
    def planned(self) -> int | None:
        """Return how many deliveries the whole playing has; None while a year is made day by day."""
        raise NotImplementedError

    def stock_toml(self) -> str:
        """Return what a customer would put in `stock.toml`: [clarus] and the [[reason]] rows."""
        raise NotImplementedError

    def products(self) -> Sequence[Product]:
        """Return what Khaos says of every SKU; those that never had a price have no cost."""
        raise NotImplementedError

    def write_opening(self, path: Path) -> None:
        """Write the position at `opens_at` as `stock opening load` reads it.

        Columns account, site, sku, on_hand, stock_record, held: a row a SKU with its on hand
        (held and picked goods included), and a row for each record on hold.
        """
        raise NotImplementedError

    async def play(
        self,
        door_url: str,
        secret: str,
        *,
        until: datetime | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        concurrency: int = 16,
        speed: float | None = None,
    ) -> Played:
        """Tell the door everything up to `until` (of the retailer's clock), or to the end.

        Goes on where the last call ended. `speed` plays that many times faster than life; None
        plays as fast as the door answers. Raises `DoorRefuses`.
        """
        raise NotImplementedError

    def truth(self) -> Truth:
        """Return the truth so far; of the whole playing once `play` has come to the end."""
        raise NotImplementedError
