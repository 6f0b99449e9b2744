"""Topics on a real Kafka: refused, shown late, never made, made with another partition count.

A broker that has just started answers before it shows all its topics; how long it then takes is
its own affair, so here a topic is made after the first look, which is the same to who looks.
"""

import asyncio
import secrets
from dataclasses import replace
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from streams import topic_admin
from streams.engine.errors import RefusesToRun
from streams.settings import Settings
from streams.topic_admin import LOOK_AGAIN_S, SEEN_WITHIN_S, check_topics
from streams.topics import TopicPlan
from tests.support.kafka import create_topics, eventually, topic_names

PARTITIONS = 2
AT_ONCE_S = SEEN_WITHIN_S / 2  # of an answer that waits for no topic, on a busy machine


class Looks(AIOKafkaAdminClient):
    """The administrator's client itself, which counts how often it was shown the topics."""

    count = 0

    async def describe_topics(self, topics: list[str] | None = None) -> list[Any]:
        answer = await super().describe_topics(topics)
        Looks.count += 1
        return answer


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> type[Looks]:
    monkeypatch.setattr(topic_admin, "AIOKafkaAdminClient", Looks)
    monkeypatch.setattr(Looks, "count", 0)
    return Looks


@pytest.fixture
def settings(kafka: str) -> Settings:
    return Settings(kafka=kafka, partitions=PARTITIONS)


def plans(count: int) -> list[TopicPlan]:
    """Return topics of the test's own."""
    return [TopicPlan(f"checked-{secrets.token_hex(4)}", "n", "nobody") for _ in range(count)]


async def made(settings: Settings, plan: TopicPlan, partitions: int = PARTITIONS) -> None:
    """Make a topic; returns once Kafka shows it."""
    await create_topics(settings.kafka or "", plan.name, partitions=partitions)

    async def is_shown() -> bool:
        return plan.name in await topic_names(settings.kafka or "")

    await eventually(is_shown, SEEN_WITHIN_S)


async def test_topics_shown_late_are_waited_for(settings: Settings, looks: type[Looks]) -> None:
    """Who looks right after a broker's start sees them a moment later, and runs."""
    there, late = plans(2)
    await made(settings, there)
    checking = asyncio.create_task(check_topics(settings, (there, late)))
    await eventually(lambda: looks.count, SEEN_WITHIN_S)
    await made(settings, late)

    await checking


async def test_topics_never_made_are_named(settings: Settings, looks: type[Looks]) -> None:
    """The refusal comes after more than one look, and names what is missing and nothing else."""
    there, *missing = plans(3)
    await made(settings, there)
    names = ", ".join(plan.name for plan in missing)

    with pytest.raises(RefusesToRun, match=rf"^topics are missing: {names}\. Run"):
        await check_topics(settings, (there, *missing), within_s=2 * LOOK_AGAIN_S)

    assert looks.count > 1


async def test_a_person_who_asks_is_answered_after_one_look(
    settings: Settings, looks: type[Looks]
) -> None:
    """Who can ask again does not wait."""
    (missing,) = plans(1)
    with pytest.raises(RefusesToRun, match=missing.name):
        await check_topics(settings, (missing,), within_s=0)

    assert looks.count == 1


async def test_a_wrong_count_is_refused_at_once(settings: Settings) -> None:
    """No waiting makes it right, whatever else is missing."""
    missing, wrong = plans(2)
    await made(settings, wrong, PARTITIONS + 1)

    with pytest.raises(RefusesToRun, match=f"{wrong.name} has 3 partitions, 2 are expected"):
        async with asyncio.timeout(AT_ONCE_S):
            await check_topics(settings, (missing, wrong))


async def test_a_topic_that_kafka_refuses_is_told_at_once_in_its_words(settings: Settings) -> None:
    """It answers with a code for each topic, and aiokafka raises none of them."""
    (plan,) = plans(1)
    unfit = replace(plan, config={"retention.ms": "soon"})

    with pytest.raises(RefusesToRun, match=f"^Kafka refuses to make {plan.name}: .*retention.ms"):
        async with asyncio.timeout(AT_ONCE_S):
            await topic_admin.create_topics(settings, (unfit,))


async def test_more_copies_than_brokers_are_waited_for_and_then_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other brokers may be starting; after that it is Kafka's refusal that is told."""
    monkeypatch.setattr(topic_admin, "SEEN_WITHIN_S", 2 * LOOK_AGAIN_S)
    (plan,) = plans(1)
    kafka_client = settings.kafka_client.model_copy(update={"replication": 3})
    three = settings.model_copy(update={"kafka_client": kafka_client})

    with pytest.raises(RefusesToRun, match=f"{plan.name}: .*replication factor of 3"):
        await topic_admin.create_topics(three, (plan,))
