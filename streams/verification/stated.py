"""What was published as available, held against what was reckoned at the card's version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from streams.engine.fold import SourceRecord
from streams.topics import AVAILABILITY
from streams.verification.costs import Costs
from streams.verification.facts import moment
from streams.verification.findings import Findings
from streams.verification.levels import Levels, Stock
from streams.verification.numbers import milli

BASIS = "gross_saleable"


@dataclass(slots=True)
class Statements:
    """The availability topic of one partition. Compacted: only the last of a SKU is sure to be."""

    partition: int
    versions: Mapping[str, int]  # of every card
    findings: Findings
    judged: int = 0
    _last: dict[str, int] = field(default_factory=dict[str, int])  # version by SKU
    _at_card: dict[str, tuple[int, dict[str, Any]]] = field(
        default_factory=dict[str, tuple[int, dict[str, Any]]]
    )

    def take(self, record: SourceRecord) -> None:
        """Take the next statement; one of a card's own version is kept to be judged."""
        if record.value is None:
            return
        sku = record.key.decode()
        try:
            said = orjson.loads(record.value)
            version = said["version"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            self._find(record.offset, sku, f"it does not read: {error!r}")
            return
        if version <= self._last.get(sku, -1):
            self._find(record.offset, sku, f"version {version} after {self._last[sku]}")
        self._last[sku] = max(version, self._last.get(sku, -1))
        if version == self.versions.get(sku):
            self._at_card[sku] = record.offset, said

    def judge(self, levels: Levels, costs: Costs) -> None:
        """Hold each SKU's statement at its card's version against its stock."""
        for sku, version in self.versions.items():
            stock = levels.stock.get(sku, Stock())
            reckoned = reckon(stock, levels, sku, costs)
            found = self._at_card.get(sku)
            if found is None:
                # A newer one may have replaced it since; an older one is stale.
                if reckoned is not None and self._last.get(sku, -1) < version:
                    said = self._last.get(sku, "none")
                    self._find(
                        None, sku, f"version {version} was not published, {said} is the last"
                    )
                continue
            self.judged += 1
            self._judge_one(sku, *found, reckoned)

    def _judge_one(
        self, sku: str, offset: int, said: dict[str, Any], reckoned: dict[str, Any] | None
    ) -> None:
        if reckoned is None:
            self._find(offset, sku, "none of its places is open")
            return
        try:
            differs = [name for name, value in _read(said).items() if value != reckoned[name]]
        except (KeyError, TypeError, ValueError) as error:
            self._find(offset, sku, f"it does not read: {error!r}")
            return
        for name in differs:
            self._find(offset, sku, f"{name} is {said[name]!r}, {reckoned[name]!r} was reckoned")

    def _find(self, offset: int | None, sku: str, what: str) -> None:
        self.findings.add(AVAILABILITY.name, self.partition, offset, sku, what)


def reckon(stock: Stock, levels: Levels, sku: str, costs: Costs) -> dict[str, Any] | None:
    """Return what may be sold; None where no place of the SKU is open. Thousandths."""
    sites: dict[str, tuple[int, int, int]] = {}
    for place, on_hand in stock.on_hand.items():
        if levels.is_open(place, sku):
            held = stock.held.at(place, on_hand)
            before = sites.get(place[1], (0, 0, 0))
            free = max(0, on_hand - held)
            sites[place[1]] = before[0] + on_hand, before[1] + held, before[2] + free
    if not sites:
        return None
    latest = costs.latest(sku)
    return {
        "sku": sku,
        "basis": BASIS,
        "as_of": stock.as_of,
        "available": sum(available for _, _, available in sites.values()),
        "sites": sites,
        "saleable": latest is not None and latest.cost.saleable,
        "cause": stock.cause,
    }


def _read(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "sku": said["sku"],
        "basis": said["basis"],
        "as_of": None if said["as_of"] is None else moment(said["as_of"]),
        "available": milli(said["available"]),
        "sites": {
            name: (milli(site["on_hand"]), milli(site["held"]), milli(site["available"]))
            for name, site in said["sites"].items()
        },
        "saleable": said["saleable"],
        "cause": said["cause"],
    }
