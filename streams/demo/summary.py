"""What a day came to, as plain figures: put together here, shown by `pages.py`, printed as JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from streams.demo.compare import Comparison
from streams.demo.delays import percentile
from streams.demo.figures import Figures, JournalLine
from streams.sandbox import Played, Truth
from streams.topics import AVAILABILITY, KEEP_STOCK, TRANSLATE

# Every item of a delivery ends as exactly one of these; every movement as one of those, of which
# the rows of the opening position are shown apart.
ITEM_FATES = ("movement", "without_effect", "foreign", "held", "quarantined")
MOVEMENT_FATES = (
    "applied",
    "repeated",
    "conflict",
    "too_old",
    "before_opening",
    "waiting",
    "quarantined",
)


@dataclass(frozen=True, slots=True)
class Sum:
    """A whole and its parts."""

    whole: int
    parts: Mapping[str, int]

    @property
    def adds_up(self) -> bool:
        """Say whether the parts make the whole."""
        return self.whole == sum(self.parts.values())


@dataclass(frozen=True, slots=True)
class Verified:
    """What `stock verify` said of the log."""

    agrees: bool
    facts: Mapping[str, Any]
    why: str  # its own words where it does not agree


@dataclass(frozen=True, slots=True)
class Course:
    """How the playing went."""

    first_day: date
    last_day: date
    played: Sequence[Played]
    seconds: float  # from the day's first delivery until all was in the journal
    killed: Mapping[str, int]  # processes by name, with `--chaos`
    speed: float | None = None  # times faster than life; none: as fast as it went


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything the demo has to say at its end."""

    first_day: date
    last_day: date
    retail: Counter[str]
    sent: Counter[str]
    deliveries: int
    items: Sum
    movements: Sum
    by_kind: Mapping[str, int]
    skus: int
    example_sku: str  # the one that moved most often
    updates: int  # of availability, in the day
    applied: int  # movements, in the day
    journal: Mapping[str, JournalLine]
    quarantined: Mapping[str, int]
    exceptions: Mapping[str, int]
    parked: int
    seconds: float
    delay_ms: Mapping[str, int | None]
    killed: Mapping[str, int]
    speed: float | None
    truth: Comparison
    verified: Verified

    @property
    def agrees(self) -> bool:
        """Say whether everything adds up, and both proofs agree."""
        adds_up = self.items.adds_up and self.movements.adds_up
        return adds_up and self.truth.agrees and self.verified.agrees

    @property
    def deliveries_per_s(self) -> float:
        """Return the rate of the day, from the first delivery to the last entry."""
        return self.deliveries / self.seconds if self.seconds else 0.0

    @property
    def movements_per_update(self) -> float | None:
        """Return how many movements one availability update stands for."""
        return self.applied / self.updates if self.updates else None


def summarise(
    figures: Figures, truth: Truth, course: Course, comparison: Comparison, verified: Verified
) -> Summary:
    """Return the summary of a playing that has drained."""
    translated, kept = figures.counts(TRANSLATE), figures.counts(KEEP_STOCK)
    delays = figures.delays.measured_ms()
    return Summary(
        first_day=course.first_day,
        last_day=course.last_day,
        retail=Counter(truth.retail),
        sent=Counter({**truth.sent, "retries": sum(part.retries for part in course.played)}),
        deliveries=translated["deliveries"],
        items=Sum(translated["items"], {fate: translated[fate] for fate in ITEM_FATES}),
        movements=Sum(figures.movements.total(), _movement_fates(figures)),
        by_kind=dict(figures.movements.most_common()),
        skus=len(figures.skus),
        example_sku=_liveliest(figures),
        updates=figures.records[AVAILABILITY.name] - figures.before[AVAILABILITY.name],
        applied=kept["applied"] - figures.before["applied"],
        journal=dict(sorted(figures.journal.items())),
        quarantined=dict(figures.quarantined.most_common()),
        exceptions=dict(sorted(figures.open_exceptions().items())),
        parked=kept["parked"],
        seconds=course.seconds,
        delay_ms={
            "measured": len(delays),
            "p50": percentile(delays, 50),
            "p99": percentile(delays, 99),
        },
        killed=course.killed,
        speed=course.speed,
        truth=comparison,
        verified=verified,
    )


def _movement_fates(figures: Figures) -> dict[str, int]:
    kept, rows = figures.counts(KEEP_STOCK), figures.opening_rows
    fates = {fate: kept[fate] for fate in MOVEMENT_FATES}
    return {"opening": rows, **fates, "applied": fates["applied"] - rows}


def _liveliest(figures: Figures) -> str:
    versions = {sku: orjson.loads(card)["version"] for sku, card in figures.cards.items()}
    return max(versions, key=lambda sku: versions[sku], default="")


def facts_of(summary: Summary) -> dict[str, Any]:
    """Return the summary as plain JSON values."""
    return {
        "agrees": summary.agrees,
        "first_day": summary.first_day,
        "last_day": summary.last_day,
        "retail": dict(summary.retail),
        "sent": dict(summary.sent),
        "deliveries": summary.deliveries,
        "items": _sum_facts(summary.items),
        "movements": {**_sum_facts(summary.movements), "by_kind": dict(summary.by_kind)},
        "skus": summary.skus,
        "availability": {
            "updates": summary.updates,
            "movements_applied": summary.applied,
            "movements_per_update": summary.movements_per_update,
        },
        "journal": {
            category: {"entries": line.entries, "value_pence": line.value_pence}
            for category, line in summary.journal.items()
        },
        "parked": summary.parked,
        "quarantined": dict(summary.quarantined),
        "exceptions": dict(summary.exceptions),
        "seconds": round(summary.seconds, 2),
        "deliveries_per_s": round(summary.deliveries_per_s, 1),
        "door_to_journal_ms": dict(summary.delay_ms),
        "killed": dict(summary.killed),
        "speed": summary.speed,
        "truth": {
            "agrees": summary.truth.agrees,
            "fates": summary.truth.fates,
            "levels": summary.truth.levels,
            "skus": summary.truth.skus,
            "differences": [str(difference) for difference in summary.truth.differences],
        },
        "verify": {"agrees": summary.verified.agrees, **summary.verified.facts},
    }


def _sum_facts(total: Sum) -> dict[str, Any]:
    return {"all": total.whole, "adds_up": total.adds_up, **total.parts}
