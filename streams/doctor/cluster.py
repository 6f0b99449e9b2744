"""What Kafka says: is it there, can it do transactions, are the topics as they must be."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from streams.doctor.diagnosis import Diagnosis, fail, ok, refused, warn
from streams.engine.errors import RefusesToRun
from streams.kafka import away, bootstrap, connection
from streams.settings import Settings
from streams.topic_admin import partitions_of, wanted_config
from streams.topics import APP_ID, TOPICS, TopicPlan

ANSWERS_WITHIN_S = 10.0  # of one question; Kafka that takes longer counts as away
TRANSACTIONAL_ID = f"{APP_ID}-doctor"
# What a topic must have for figures to be right; the rest of its settings is the operator's.
_MUST = ("message.timestamp.type", "cleanup.policy")


async def examine_kafka(settings: Settings) -> AsyncIterator[Diagnosis]:
    """Yield what Kafka looks like; only why not, where it is away or cannot be asked."""
    try:
        admin = AIOKafkaAdminClient(**connection(settings))
    except RefusesToRun as refusal:
        yield refused("Kafka", refusal)
        return
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            await admin.start()
            cluster = await admin.describe_cluster()
            yield ok("Kafka", f"{bootstrap(settings)}, {_brokers(len(cluster['brokers']))}")
            described: list[dict[str, Any]] = await admin.describe_topics()
            configs = await _configs(admin, {topic["topic"] for topic in described})
    except (KafkaError, TimeoutError, OSError) as error:
        yield fail("Kafka", *away(settings, error))
        return
    finally:
        await admin.close()
    yield await _transactions(settings)
    found = {topic["topic"]: len(topic["partitions"]) for topic in described}
    yield _topics(settings, found)
    yield _topic_settings(configs)
    yield _copies(described, len(cluster["brokers"]))


async def _transactions(settings: Settings) -> Diagnosis:
    """Have a producer begin as a lane's does: Kafka gives it a number and an epoch, or not."""
    producer = AIOKafkaProducer(**connection(settings), transactional_id=TRANSACTIONAL_ID)
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            await producer.start()
    except (KafkaError, TimeoutError, OSError) as error:
        return fail(
            "transactions",
            f"Kafka does not give any ({error or 'no answer'})",
            "see the broker's transaction.state.log.* settings, and the ACL of transactional ids "
            f"that begin with {APP_ID}",
        )
    finally:
        await producer.stop()
    return ok("transactions", "given")


def _topics(settings: Settings, found: Mapping[str, int]) -> Diagnosis:
    missing = [plan.name for plan in TOPICS if plan.name not in found]
    if missing:
        return fail("topics", f"missing: {', '.join(missing)}", "run `stock topics create`")
    wrong = [
        f"{plan.name} has {found[plan.name]} partitions, not {partitions_of(plan, settings)}"
        for plan in TOPICS
        if found[plan.name] != partitions_of(plan, settings)
    ]
    if wrong:
        return fail("topics", "; ".join(wrong), "set STOCK_PARTITIONS to what the topics have")
    return ok("topics", f"all {len(TOPICS)}, {settings.partitions} partitions by SKU")


def _topic_settings(configs: Mapping[str, Mapping[str, str]]) -> Diagnosis:
    wrong = [
        f"{plan.name}: {name} is {configs[plan.name].get(name)}, not {value}"
        for plan in TOPICS
        if plan.name in configs
        for name, value in _musts(plan).items()
        if configs[plan.name].get(name) != value
    ]
    if wrong:
        return fail(
            "topic settings",
            "; ".join(wrong),
            "set them with kafka-configs --alter --entity-type topics",
        )
    return ok("topic settings", "Kafka's clock everywhere, compacted where it must be")


def _musts(plan: TopicPlan) -> dict[str, str]:
    wanted = {"cleanup.policy": "delete"} | wanted_config(plan)
    return {name: wanted[name] for name in _MUST}


def _copies(described: list[dict[str, Any]], brokers: int) -> Diagnosis:
    ours = {plan.name for plan in TOPICS}
    fewest = min(
        (len(p["replicas"]) for t in described if t["topic"] in ours for p in t["partitions"]),
        default=0,
    )
    if fewest == 1 and brokers > 1:
        return warn(
            "copies",
            f"a topic has one copy on {_brokers(brokers)}",
            "raise its replication: with one copy a lost disk is lost data",
        )
    if fewest <= 1:
        return ok("copies", "one: a lost disk is lost data (fine on one machine)")
    return ok("copies", f"{fewest} or more of every partition")


async def _configs(admin: AIOKafkaAdminClient, there: set[str]) -> dict[str, dict[str, str]]:
    resources = [
        ConfigResource(ConfigResourceType.TOPIC, plan.name) for plan in TOPICS if plan.name in there
    ]
    answers: list[Any] = await admin.describe_configs(resources) if resources else []
    return {
        name: {entry[0]: entry[1] for entry in entries}
        for answer in answers
        for _code, _message, _type, name, entries in answer.resources
    }


def _brokers(count: int) -> str:
    return "1 broker" if count == 1 else f"{count} brokers"
