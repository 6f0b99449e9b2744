"""Making the topics of `topics.py`, and refusing to run on others."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.engine.errors import RefusesToRun
from streams.kafka import connection
from streams.settings import Settings
from streams.topic_refusals import Refusal, refusals_in, told
from streams.topics import TOPICS, TopicPlan

# Kafka's clock is the only one that orders and ages records here.
_EVERY_TOPIC = {"message.timestamp.type": "LogAppendTime"}
SEEN_WITHIN_S = 15.0  # of a topic asked for or looked for; then it is said to be missing
LOOK_AGAIN_S = 0.1
COPIES_WANTED = 3  # survives the loss of a broker; fewer where there are fewer brokers


def partitions_of(plan: TopicPlan, settings: Settings) -> int:
    """Return how many partitions a topic must have."""
    return settings.partitions if plan.partitions == "by_sku" else plan.partitions


def all_partitions(settings: Settings) -> list[TopicPartition]:
    """Return every partition of every topic of the map."""
    return [
        TopicPartition(plan.name, partition)
        for plan in TOPICS
        for partition in range(partitions_of(plan, settings))
    ]


def wanted_config(plan: TopicPlan) -> dict[str, str]:
    """Return the settings a topic is made with."""
    return {**_EVERY_TOPIC, **plan.config}


async def create_topics(settings: Settings, plans: Sequence[TopicPlan] = TOPICS) -> list[str]:
    """Make what is missing, check what is there; return the names of the topics made."""
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        found = await _partition_counts(admin)
        missing = _missing(found, plans)
        said = await _make(admin, missing, settings)
        found = await _partition_counts(admin)
        _refuse_wrong(found, settings, plans)
        _refuse_unmade(_missing(found, plans), said)
        return [plan.name for plan in missing]
    finally:
        await admin.close()


async def check_topics(
    settings: Settings, plans: Sequence[TopicPlan] = TOPICS, *, within_s: float = SEEN_WITHIN_S
) -> None:
    """Raise `RefusesToRun` where a topic has another partition count, or is missing for so long.

    A broker just started answers before it shows all its topics: who would stop without them
    waits, a person who only asks waits 0 s, for one look. A wrong count is refused at once.
    """
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    loop = asyncio.get_running_loop()
    until = loop.time() + within_s
    try:
        found = await _partition_counts(admin)
        while _missing(found, plans) and loop.time() < until:
            _refuse_wrong(found, settings, plans)
            await asyncio.sleep(LOOK_AGAIN_S)
            found = await _partition_counts(admin)
        _refuse_unfit(found, settings, plans)
    finally:
        await admin.close()


async def _make(
    admin: AIOKafkaAdminClient, missing: Sequence[TopicPlan], settings: Settings
) -> list[Refusal]:
    """Ask for topics until all are seen: a broker just started may refuse, or show them late.

    A topic that is there already is not made a second time. Past the limit it returns what Kafka
    said last, and who asked looks again; what asking again does not mend is refused at once.
    """
    said: list[Refusal] = []
    loop = asyncio.get_running_loop()
    until = loop.time() + SEEN_WITHIN_S
    while missing and loop.time() < until:
        replication = settings.kafka_client.replication or await _copies(admin)
        new = [_new_topic(plan, settings, replication) for plan in missing]
        said = refusals_in(await admin.create_topics(new))
        _refuse_lasting(said)
        found = await _partition_counts(admin)
        missing = _missing(found, missing)
        if missing:
            await asyncio.sleep(LOOK_AGAIN_S)
    return said


def _refuse_lasting(said: Sequence[Refusal]) -> None:
    lasting = [refusal for refusal in said if refusal.is_lasting]
    if lasting:
        raise RefusesToRun(
            f"Kafka refuses to make {told(lasting)}. Have who runs it allow this, or make them."
        )


def _refuse_unmade(missing: Sequence[TopicPlan], said: Sequence[Refusal]) -> None:
    if not missing:
        return
    names = [plan.name for plan in missing]
    why = told(refusal for refusal in said if refusal.topic in names)
    if why:
        raise RefusesToRun(f"Kafka did not make within {SEEN_WITHIN_S:g} s: {why}")
    raise RefusesToRun(
        f"Kafka made and does not show {', '.join(names)}: look again with `stock topics check`"
    )


def _missing(found: dict[str, int], plans: Sequence[TopicPlan]) -> list[TopicPlan]:
    return [plan for plan in plans if plan.name not in found]


def _refuse_unfit(found: dict[str, int], settings: Settings, plans: Sequence[TopicPlan]) -> None:
    _refuse_wrong(found, settings, plans)
    missing = ", ".join(plan.name for plan in _missing(found, plans))
    if missing:
        raise RefusesToRun(f"topics are missing: {missing}. Run `stock topics create`.")


def _refuse_wrong(found: dict[str, int], settings: Settings, plans: Sequence[TopicPlan]) -> None:
    """Refuse a partition count that is not ours, of the topics that are there."""
    for plan in plans:
        wanted = partitions_of(plan, settings)
        if found.get(plan.name, wanted) != wanted:
            raise RefusesToRun(
                f"{plan.name} has {found[plan.name]} partitions, {wanted} are expected. The count "
                "is fixed at creation: set STOCK_PARTITIONS to what the topics have."
            )


async def _partition_counts(admin: AIOKafkaAdminClient) -> dict[str, int]:
    described: list[dict[str, Any]] = await admin.describe_topics()
    return {topic["topic"]: len(topic["partitions"]) for topic in described}


async def _copies(admin: AIOKafkaAdminClient) -> int:
    cluster = await admin.describe_cluster()
    return min(COPIES_WANTED, len(cluster["brokers"]))


def _new_topic(plan: TopicPlan, settings: Settings, replication: int) -> NewTopic:
    return NewTopic(
        plan.name,
        partitions_of(plan, settings),
        replication,
        topic_configs=wanted_config(plan),
    )
