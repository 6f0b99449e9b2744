"""The map: every topic as a value. Nothing else in the program spells a topic's name."""

from dataclasses import dataclass, field
from typing import Literal

APP_ID = "stock-ledger"  # the consumer group, and the prefix of changelogs and transactional ids
TRANSLATE = "translate"
KEEP_STOCK = "keep_stock"
AGENTS = (TRANSLATE, KEEP_STOCK)  # each has a lane in every partition

_DAY_MS = 86_400_000
_KEPT_90_DAYS = {"retention.ms": str(90 * _DAY_MS)}
_KEPT_FOR_EVER = {"retention.ms": "-1"}
_COMPACT = {"cleanup.policy": "compact"}
# Small segments and an eager cleaner keep a changelog near one record a key.
_CHANGELOG = {
    **_COMPACT,
    "segment.bytes": str(64 * 1024 * 1024),
    "segment.ms": "3600000",
    "min.cleanable.dirty.ratio": "0.1",
}


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """One topic: what its key is, who writes it, how long it is kept."""

    name: str
    key: str
    written_by: str
    partitions: int | Literal["by_sku"] = "by_sku"  # "by_sku": the STOCK_PARTITIONS setting
    config: dict[str, str] = field(default_factory=dict[str, str])


DELIVERIES = TopicPlan(
    "clarus.deliveries.v1", "SKU, else resource:id", "door, quarantine replay", config=_KEPT_90_DAYS
)
MOVEMENTS = TopicPlan(
    "stock.movements.v1", "SKU", "translate, stock opening load", config=_KEPT_FOR_EVER
)
PRODUCTS = TopicPlan("khaos.products.v1", "SKU", "the Khaos reader", config=_KEPT_FOR_EVER)
AVAILABILITY = TopicPlan("stock.availability.v1", "SKU", "keep_stock", config=_COMPACT)
JOURNAL_PARTITIONS = 4  # categories are few: more would stay empty
JOURNAL = TopicPlan(
    "stock.journal.v1", "category", "keep_stock", JOURNAL_PARTITIONS, config=_KEPT_FOR_EVER
)
EXCEPTIONS = TopicPlan("stock.exceptions.v1", "exception id", "keep_stock", config=_COMPACT)
HELD = TopicPlan("stock.held.v1", "resource:id", "translate", config=_KEPT_90_DAYS)
QUARANTINE = TopicPlan(
    "stock.quarantine.v1", "topic/partition/offset", "translate, keep_stock", config=_KEPT_90_DAYS
)
TRANSLATE_CHANGELOG = TopicPlan(
    f"{APP_ID}-translate-changelog", "mark, resource:id", "translate", config=_CHANGELOG
)
STOCK_CHANGELOG = TopicPlan(
    f"{APP_ID}-stock-changelog",
    "SKU, mark, chart, parked, waiting, cleared",
    "keep_stock",
    config=_CHANGELOG,
)

TOPICS = (
    DELIVERIES,
    MOVEMENTS,
    PRODUCTS,
    AVAILABILITY,
    JOURNAL,
    EXCEPTIONS,
    HELD,
    QUARANTINE,
    TRANSLATE_CHANGELOG,
    STOCK_CHANGELOG,
)


def outputs_of(agent: str) -> tuple[str, ...]:
    """Return the topics an agent writes, beside its own changelog."""
    return tuple(
        plan.name
        for plan in TOPICS
        if agent in plan.written_by.split(", ") and not plan.name.startswith(APP_ID)
    )
