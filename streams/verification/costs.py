"""What Khaos said of the products of one partition, up to the lane's mark."""

from collections import Counter
from dataclasses import dataclass, field

from streams.engine.fold import SourceRecord
from streams.partitions import partition_of
from streams.verification.facts import Cost, product_record
from streams.verification.policy import Policy


@dataclass(frozen=True, slots=True)
class Said:
    """One version that counted: it was above every version before it."""

    cost: Cost
    offset: int
    timestamp_ms: int


@dataclass(slots=True)
class Costs:
    """Every version that counted, by SKU, in order."""

    partition: int
    policy: Policy
    of_sku: dict[str, list[Said]] = field(default_factory=dict[str, list[Said]])
    counts: Counter[str] = field(default_factory=Counter[str])

    def take(self, record: SourceRecord) -> None:
        """Take the next record of the products topic."""
        try:
            cost = self._belonging(product_record(record.value))
            self._require_no_other(cost)
        except (ValueError, KeyError):
            self.counts["products_quarantined"] += 1
            return
        self.counts["products"] += 1
        latest = self.latest(cost.sku)
        if latest is None or cost.version > latest.cost.version:
            said = Said(cost, record.offset, record.timestamp)
            self.of_sku.setdefault(cost.sku, []).append(said)

    def _belonging(self, cost: Cost) -> Cost:
        """Return a cost that stands where the movements of its SKU do; `ValueError` for others."""
        if self.policy.skus_in_one_case and cost.sku != cost.sku.upper():
            raise ValueError("its SKU is not in the one case there is")
        if partition_of(cost.sku.encode(), self.policy.partitions) != self.partition:
            raise ValueError("it stands in another partition than its SKU")
        return cost

    def _require_no_other(self, cost: Cost) -> None:
        """Require that the version that counts now is not said with other content."""
        latest = self.latest(cost.sku)
        if latest is not None and latest.cost.version == cost.version and latest.cost != cost:
            raise ValueError("its version was said with other content")

    def version(self, sku: str, version: int) -> Said | None:
        """Return a version of a SKU, if it was said and counted."""
        return next((s for s in self.of_sku.get(sku, ()) if s.cost.version == version), None)

    def latest(self, sku: str) -> Said | None:
        """Return what counts now."""
        return self.of_sku[sku][-1] if sku in self.of_sku else None

    def changes(self, sku: str) -> int:
        """Return how often the SKU became saleable, unsaleable or known."""
        said = [one.cost.saleable for one in self.of_sku.get(sku, ())]
        return sum(before is not now for before, now in zip([None, *said], said, strict=False))
