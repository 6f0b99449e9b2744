"""One partition of keep_stock: everything its changelog, sources and outputs must agree on."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from streams.topics import MOVEMENTS, STOCK_CHANGELOG
from streams.verification.cards import CardJudge
from streams.verification.charts import Rules
from streams.verification.costs import Costs
from streams.verification.entries import Journal, Step, steps_in_order
from streams.verification.evidence import Evidence
from streams.verification.findings import Findings
from streams.verification.image import CHART, Image
from streams.verification.levels import NOT_APPLIED, Levels
from streams.verification.outstanding import UNMAPPED, Outstanding
from streams.verification.policy import Policy
from streams.verification.pools import Pool, walk
from streams.verification.stated import Statements

Standing = dict[str, tuple[str, int, str]]  # by exception id: topic, partition and SKU behind it


class StockLane:
    """What is reckoned of one partition, and what is said of it."""

    def __init__(
        self,
        partition: int,
        image: Image,
        policy: Policy,
        findings: Findings,
        announced: set[str],
    ) -> None:
        self.partition = partition
        self.image = image
        self.mark = image.mark()
        self.findings = findings
        self.charts = dict(self._charts())
        self.levels = Levels(policy, self.charts, self._first_chart(announced), image.under_way())
        self.costs = Costs(partition, policy)
        self.journal = Journal(partition, self.levels, self.costs, self.charts, policy, findings)
        versions = {sku: card["version"] for sku, card in image.cards().items()}
        self.statements = Statements(partition, versions, findings)
        self.outstanding = Outstanding(image)

    def judge(self, evidence: Evidence) -> int:
        """Hold everything said against everything reckoned; return how many cards were judged."""
        if self.mark is None:
            if self.image.values:
                self._find(None, None, "cards without a mark")
            return 0
        self._judge_entered()
        judge = CardJudge(self.partition, self.image, self.levels, self.costs, self.findings)
        cards = judge.judge(dict(self._pools()))
        judge.judge_mark(self.mark, self.journal.counts["entries"])
        self.statements.judge(self.levels, self.costs)
        if not evidence.begins_late:
            self._judge_evidence(evidence)
        return cards

    def find_ids(self, twice: Container[int]) -> None:
        """Name the movements applied here whose id was applied elsewhere too."""
        for number, id_hash in enumerate(self.levels.applied.id_hash):
            if id_hash in twice:
                self._of_movement(number, "its id was applied twice, here and under another SKU")

    def standing(self) -> Standing:
        """Return the exceptions that must be raised."""
        found = {
            name: (MOVEMENTS.name, self.partition, sku)
            for name, sku in self.levels.standing.items()
        }
        for parked in self.outstanding.parked.values():
            about = parked.movement_id if parked.lacks == UNMAPPED else parked.sku
            found[f"{parked.lacks}:{about}"] = (MOVEMENTS.name, self.partition, parked.sku)
        return found

    def _first_chart(self, announced: set[str]) -> Rules | None:
        """Return the chart the lane began with; in an older lane the one that no record announces.

        An older mark does not say it, and one taken back later is announced too: then nobody knows.
        """
        said = self.image.first_rules()
        if said is not None:
            if said not in self.charts:
                self._find(None, None, f"it began with {said}, which is not kept")
            return self.charts.get(said)
        first = [rules for name, rules in self.charts.items() if name not in announced]
        if not first and len(self.charts) == 1:
            first = list(self.charts.values())
        return first[0] if len(first) == 1 else None

    def _charts(self) -> Iterator[tuple[str, Rules]]:
        for key in sorted(self.image.keys(CHART)):
            name = f"chart:{key.decode()}"
            try:
                rules = Rules(orjson.loads(self.image.values[CHART + key]))
            except ValueError as error:
                self._find(None, None, f"what is kept as {name} is no chart: {error}")
                continue
            if rules.id == name:
                yield name, rules
            else:
                self._find(None, None, f"what is kept as {name} is {rules.id}")

    def _judge_entered(self) -> None:
        """Require that every movement applied is entered, or parked for a reason that holds."""
        applied = self.levels.applied
        for number, offset in enumerate(applied.offset):
            is_applied = applied.position[number] != NOT_APPLIED
            parked = self.outstanding.parked.get(offset)
            lacks = None if parked is None else parked.lacks
            if lacks is None and is_applied and not applied.entered[number]:
                self._of_movement(number, "it is applied, and neither entered nor parked")
            elif lacks is not None and not is_applied:
                self._of_movement(number, "it is parked, and was not applied")
            elif lacks is not None and applied.entered[number]:
                self._of_movement(number, "it is parked, and has an entry")
            elif lacks is not None and not self._lacks(number, lacks):
                self._of_movement(number, f"it is parked for {lacks}, which does not hold")
        for offset, parked in sorted(self.outstanding.parked.items()):
            if applied.find(offset) is None:
                self._find(offset, parked.sku, "it is parked, and is not there")

    def _lacks(self, number: int, lacks: str) -> bool:
        applied = self.levels.applied
        latest = self.costs.latest(self.levels.skus[applied.sku[number]])
        if lacks == "E03":
            return latest is None or not latest.cost.unit_e4
        name = self.levels.chart_since[-1][1] if self.levels.chart_since else ""
        rules = self.charts.get(name)
        return rules is None or rules.category(self.levels.bases[applied.basis[number]]) is None

    def _pools(self) -> Iterator[tuple[str, Pool]]:
        for sku in self.costs.of_sku.keys() | self.journal.steps.keys():
            numbers = self.journal.steps.get(sku)
            steps = list(steps_in_order(numbers)) if numbers else []
            yield sku, walk(steps, self.costs.of_sku.get(sku, []), self._sayer(sku))

    def _sayer(self, sku: str) -> Any:
        def say(step: Step | None, what: str) -> None:
            if step is None:
                self._find(None, sku, what)
            else:
                self.journal.find_at(step, sku, what)

        return say

    def _judge_evidence(self, evidence: Evidence) -> None:
        """Require that what was set aside is in the quarantine."""
        for offset in self.levels.quarantined:
            if (MOVEMENTS.name, self.partition, offset) not in evidence.quarantined:
                self._find(offset, None, "it is no movement, and not in the quarantine")
        for offset, of in self.levels.kept_apart.items():
            found = evidence.kept_apart.get((MOVEMENTS.name, self.partition, offset))
            if found != of:
                self._find(offset, None, f"it is kept apart ({of}), the quarantine has {found}")

    def _of_movement(self, number: int, what: str) -> None:
        applied = self.levels.applied
        sku = self.levels.skus[applied.sku[number]] if applied.position[number] >= 0 else None
        self._find(applied.offset[number], sku, what)

    def _find(self, offset: int | None, sku: str | None, what: str) -> None:
        topic = STOCK_CHANGELOG.name if offset is None else MOVEMENTS.name
        self.findings.add(topic, self.partition, offset, sku, what)


@dataclass(slots=True)
class SourcePartition:
    """One source partition of a lane, read up to the mark: it must be the topic the mark is of."""

    topic: str
    partition: int
    until: int
    last: str | None  # what the mark says of the last record before `until`
    findings: Findings

    def check(self, text: str, offset: int) -> None:
        """Hold the fingerprint of a record below the mark against the mark's."""
        marked = -1 if self.last is None else int(self.last.partition(":")[0])
        if offset > marked:
            self._find(offset, "the mark is past it, and has not seen it")
        elif offset == marked and text != self.last:
            self._find(offset, f"it is {text}, the mark has seen {self.last}: made anew")

    def judge(self, first: int, end: int) -> None:
        """Say where a mark is beyond its topic's end, or movements are there no more."""
        if self.until > end:
            self._find(None, f"the mark stands at {self.until}, the topic ends at {end}")
        if first and self.topic == MOVEMENTS.name:
            self._find(None, f"it begins at {first}: what was before can be proven by nothing")

    def _find(self, offset: int | None, what: str) -> None:
        self.findings.add(self.topic, self.partition, offset, None, what)
