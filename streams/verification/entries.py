"""The entries of one lane: each proven by the movement, the cost and the chart it cites."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from streams.engine.fold import SourceRecord
from streams.topics import JOURNAL
from streams.verification.charts import Leg, Rules
from streams.verification.costs import Costs
from streams.verification.facts import moment
from streams.verification.findings import Findings
from streams.verification.levels import NOT_APPLIED, Levels, period, what_an_entry_says
from streams.verification.numbers import cost_e4, worth
from streams.verification.policy import Policy


class Unproven(Exception):
    """What an entry says that does not follow from what it cites; one sentence."""


@dataclass(slots=True)
class Journal:
    """The entries of one lane, taken in the order of the journal's partitions."""

    partition: int
    levels: Levels
    costs: Costs
    charts: Mapping[str, Rules]
    policy: Policy
    findings: Findings

    counts: Counter[str] = field(default_factory=Counter[str])
    # By SKU, eight numbers an entry: see `Step`. Walked once all are there.
    steps: defaultdict[str, "array[int]"] = field(
        default_factory=lambda: defaultdict(lambda: array("q"))
    )
    _changes_seen: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])

    def take(self, record: SourceRecord, entry: Mapping[str, Any], offset: int) -> None:
        """Take an entry whose source is the record at this offset, of either source topic."""
        self.counts["entries"] += 1
        try:
            if entry["movement_id"] is None:
                self._take_change(record, entry, offset)
            else:
                self._take_movement(record, entry, offset)
        except Unproven as wrong:
            self._find(record, entry, f"{entry['entry_id']}: {wrong}")
        except (KeyError, TypeError, ValueError) as error:
            self._find(record, entry, f"{entry.get('entry_id')}: does not read: {error!r}")

    def _take_movement(self, record: SourceRecord, entry: Mapping[str, Any], offset: int) -> None:
        applied = self.levels.applied
        number = applied.find(offset)
        if number is None or applied.position[number] == NOT_APPLIED:
            raise Unproven("there is no applied movement where its source is")
        applied.entered[number] = min(applied.entered[number] + 1, 2)
        if applied.entered[number] == 2:
            raise Unproven("the movement has an entry already")
        sku = self.levels.skus[applied.sku[number]]
        if applied.said[number] != _said_by(entry) or entry["belongs_to"] != entry["period"]:
            raise Unproven("it does not say what its movement says (id, SKU, site, quantity, time)")
        applied_as = applied.position[number]
        rules, position = self._rules(entry, applied_as)
        category = rules.category(self.levels.bases[applied.basis[number]])
        _require("category", entry["category"], category)
        _require("posting_mode", entry["posting_mode"], rules.of_name[category or ""][0])
        if self.levels.bases[applied.basis[number]].kind in ("held", "released", "opening_hold"):
            _require_no_value(entry)
            return
        unit_e4 = self._unit_cost(entry, sku)
        effect = applied.effect[number]
        base = worth(effect, unit_e4)
        self._check_legs(entry, rules, base)
        version, value = entry["cost"]["version"], entry["value_pence"]
        step = (version, 1, position, applied_as, base, value, effect)
        self._step(sku, step, record)

    def _take_change(self, record: SourceRecord, entry: Mapping[str, Any], offset: int) -> None:
        sku, version = entry["sku"], entry["cost"]["version"]
        if (sku, version) in self._changes_seen:
            raise Unproven("the cost change has an entry already")
        self._changes_seen.add((sku, version))
        said = self.costs.version(sku, version)
        if said is None or said.offset != offset:
            raise Unproven(f"its source does not say version {version} of {sku}")
        at = datetime.fromtimestamp(said.timestamp_ms / 1000, UTC)
        month = period(at, self.policy.time_zone)
        _require("entry_id", entry["entry_id"], f"entry:cost:{sku}:{version}")
        _require("quantity", entry["quantity"], "0")
        _require("occurred_at", moment(entry["occurred_at"]), at)
        _require("period", (entry["period"], entry["belongs_to"]), (month, month))
        rules, position = self._rules(entry, 0)
        _require("category", entry["category"], "cost_change")
        _require("posting_mode", entry["posting_mode"], rules.of_name["cost_change"][0])
        self._unit_cost(entry, sku)
        self._check_legs(entry, rules, entry["value_pence"])
        self._step(sku, (version, 0, position, 0, 0, entry["value_pence"], 0), record)

    def _rules(self, entry: Mapping[str, Any], position: int) -> tuple[Rules, int]:
        """Return the chart an entry cites, and the moment from which it could be written by it."""
        rules = self.charts.get(entry["rules"])
        if rules is None:
            raise Unproven(f"nobody knows the rules {entry['rules']!r} it cites")
        in_force = None
        for since, name in self.levels.chart_since:
            if since <= position:
                in_force = name
            elif name == rules.id and in_force != rules.id:
                return rules, since
        if in_force != rules.id and self.levels.chart_since:
            raise Unproven(f"the rules {rules.id} it cites were not in force")
        return rules, position

    def _unit_cost(self, entry: Mapping[str, Any], sku: str) -> int:
        cost = entry["cost"]
        said = self.costs.version(sku, cost["version"])
        if said is None:
            raise Unproven(f"Khaos never said version {cost['version']} of {sku}")
        if not said.cost.unit_e4:
            raise Unproven(f"version {cost['version']} of {sku} has no cost")
        if cost["source"] != "khaos" or cost_e4(cost["unit_pence"]) != said.cost.unit_e4:
            raise Unproven(f"{cost['unit_pence']} is not the cost of version {cost['version']}")
        return said.cost.unit_e4

    def _check_legs(self, entry: Mapping[str, Any], rules: Rules, base: int) -> None:
        """Hold the legs against the chart: stock against the category, its residue to rounding."""
        legs = [_leg(fields) for fields in entry["postings"]]
        out_of_balance = sum(leg.debit - leg.credit for leg in legs)
        if out_of_balance:
            raise Unproven(f"it is out of balance by {out_of_balance} pence")
        value = entry["value_pence"]
        of_stock = sum(leg.debit - leg.credit for leg in legs if leg.account == "stock")
        _require("value_pence", value, of_stock)
        rounding = sum(leg.credit - leg.debit for leg in legs if leg.account == "rounding")
        if value - rounding != base:
            raise Unproven(f"it is worth {base} pence at its cost, {value - rounding} are posted")
        if legs != rules.legs(entry["category"], base, rounding):
            raise Unproven("its legs are not those of its category")
        if (entry["no_entry_because"] is None) is not bool(legs):
            raise Unproven("it has no legs without a reason, or legs and a reason for none")

    def _step(self, sku: str, step: tuple[int, ...], record: SourceRecord) -> None:
        self.steps[sku].extend((*step, record.partition << 48 | record.offset))

    def find_at(self, step: "Step", sku: str, what: str) -> None:
        """Note a disagreement about an entry taken before."""
        partition, offset = step.at >> 48, step.at & ((1 << 48) - 1)
        self.findings.add(JOURNAL.name, partition, offset, sku, what)

    def _find(self, record: SourceRecord, entry: Mapping[str, Any], what: str) -> None:
        self.findings.add(record.topic, record.partition, record.offset, entry.get("sku"), what)


def _said_by(entry: Mapping[str, Any]) -> int:
    return what_an_entry_says(
        entry["entry_id"],
        entry["movement_id"],
        entry["sku"],
        entry["site"],
        entry["quantity"],
        moment(entry["occurred_at"]),
        entry["period"],
    )


def _require(name: str, said: object, expected: object) -> None:
    if said != expected:
        raise Unproven(f"{name} is {said!r}, {expected!r} follows from what it cites")


def _require_no_value(entry: Mapping[str, Any]) -> None:
    if entry["value_pence"] or entry["postings"] or not entry["no_entry_because"]:
        raise Unproven("a hold has a value, or no reason for having none")


def _leg(fields: Mapping[str, Any]) -> Leg:
    leg = Leg(fields["account"], fields["debit_pence"], fields["credit_pence"], fields["by"])
    if type(leg.debit) is not int or type(leg.credit) is not int or min(leg.debit, leg.credit) < 0:
        raise Unproven(f"a leg of {leg.account} is not whole pence")
    return leg


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One entry in the order it was written in: by cost version, a change of cost first."""

    version: int
    is_movement: int
    position: int  # in the order of applying; of the chart it waited for, where it did
    applied_as: int  # its own
    base: int  # pence at its cost
    value: int  # pence as posted, residue included
    effect: int  # thousandths
    at: int  # partition << 48 | offset in the journal


def steps_in_order(numbers: "array[int]") -> Iterator[Step]:
    """Return a SKU's entries in the order the lane wrote them."""
    steps = [Step(*numbers[at : at + 8]) for at in range(0, len(numbers), 8)]
    return iter(sorted(steps))
