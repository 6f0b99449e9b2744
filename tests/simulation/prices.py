"""What every entry must be worth: each SKU's pool, reckoned entry by entry from the costs told.

Entries of a SKU are made in the order in which its movements apply, those that were parked first:
so values, revaluations and what goes to `rounding` with the last unit come out to the penny. Not
held: before which movement a cost comes into force, which is the schedule's to say; only that it
was told by then in the log's order, and that no entry cites an older one than the entry before.
Nor the accounts against `stock`, which are the chart's.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from tests.simulation.expected import Expected, Moved, Said
from tests.simulation.law import hold_same, hold_true

E4 = 10_000  # a unit cost has four decimals of a penny

Costs = dict[int, int]  # ten-thousandths of a penny by version, each as it came into force


@dataclass(frozen=True, slots=True)
class Journal:
    """The entries, and what Khaos told; both as they stand in their partitions."""

    entries: Sequence[Said]
    products: Sequence[Said]


@dataclass(frozen=True, slots=True)
class Worth:
    """What an entry says of money; whole pence."""

    unit_e4: int | None  # none of a hold
    value: int
    on_stock: int  # what its legs add to the stock account
    rounding: int  # of it, what the `rounding` account gives


NOTHING = Worth(None, 0, 0, 0)


@dataclass(slots=True)
class Pool:
    """One SKU's units and pence, and what each entry so far was worth."""

    sku: str
    costs: Mapping[int, int]
    version: int = 0
    milli: int = 0
    pence: int = 0
    worth: dict[str, Worth] = field(default_factory=dict[str, Worth])  # by the entry's id

    def enter(self, moved: Moved, version: int) -> None:
        """Take the next movement at a cost; the last unit takes all that is left with it."""
        entry_id = f"entry:{moved.movement_id}"
        told = version in self.costs and version >= self.version
        hold_true(told, f"prices: {entry_id} cites cost {version} after {self.version}")
        self.revalue(version)
        signed = moved.milli or 0
        value = _pence(signed, self.costs[version])
        self.milli += signed
        residue = 0 if self.milli else -(self.pence + value)
        self._add(entry_id, version, value + residue, residue)

    def revalue(self, version: int) -> None:
        """Value the units held at each cost up to a version, one after the other."""
        for own in self.costs:
            if self.version < own <= version:
                difference = _pence(self.milli, self.costs[own]) - self.pence
                if difference:
                    self._add(f"entry:cost:{self.sku}:{own}", own, difference, 0)
        self.version = version

    def _add(self, entry_id: str, version: int, value: int, residue: int) -> None:
        self.worth[entry_id] = Worth(self.costs[version], value, value, residue)
        self.pence += value


def check_prices(journal: Journal, all_expected: Sequence[Expected]) -> None:
    """Hold every entry to the cost it cites, half to even, and every cost to its revaluation."""
    costs = _costs(journal.products)
    pools = {sku: Pool(sku, own) for sku, own in costs.items()}
    cited = {
        entry["source"]: entry["cost"]["version"] for entry in journal.entries if entry["cost"]
    }
    expected: dict[str, Worth] = {}
    for source, moved in (one for each in all_expected for one in each.applied.items()):
        if moved.milli is None:
            expected[f"entry:{moved.movement_id}"] = NOTHING
        elif source in cited:
            pools.setdefault(moved.sku, Pool(moved.sku, {})).enter(moved, cited[source])
    for pool in pools.values():
        pool.revalue(max(pool.costs, default=0))
        expected |= pool.worth
    hold_same("prices", expected, {entry["entry_id"]: _worth(entry) for entry in journal.entries})


def _costs(products: Sequence[Said]) -> dict[str, Costs]:
    """Return the costs of every SKU that came into force: an older version never does."""
    costs: defaultdict[str, Costs] = defaultdict(dict)
    for said in products:
        own = costs[said["sku"]]
        if said["version"] > max(own, default=0):
            own[said["version"]] = _e4(said["unit_cost_pence"])
    return costs


def _worth(entry: Said) -> Worth:
    net = defaultdict[str, int](int)
    for leg in entry["postings"]:
        net[leg["account"]] += leg["debit_pence"] - leg["credit_pence"]
    cost = entry["cost"]
    unit_e4 = None if cost is None else _e4(cost["unit_pence"])
    return Worth(unit_e4, entry["value_pence"], net["stock"], -net["rounding"])


def _e4(text: str) -> int:
    return int(Decimal(text) * E4)


def _pence(milli: int, unit_e4: int) -> int:
    return round(Fraction(milli * unit_e4, 1_000 * E4))  # half to even
