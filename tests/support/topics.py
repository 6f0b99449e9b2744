"""Topics deleted and made anew, as an accident would."""

from aiokafka.admin import AIOKafkaAdminClient

from streams.kafka import connection
from streams.settings import Settings
from streams.topic_admin import create_topics
from streams.topics import TopicPlan
from tests.support.kafka import eventually, topic_names

WITHIN_S = 60.0


async def made_anew(settings: Settings, *plans: TopicPlan) -> None:
    """Delete topics and make them again, empty."""
    names = {plan.name for plan in plans}
    kafka = settings.kafka or ""
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        await admin.delete_topics(sorted(names))
    finally:
        await admin.close()

    async def are_gone() -> bool:
        return not names & await topic_names(kafka)

    async def are_anew() -> bool:
        await create_topics(settings)
        return names <= await topic_names(kafka)

    await eventually(are_gone, WITHIN_S)
    await eventually(are_anew, WITHIN_S)
