"""Topics deleted and made anew, as an accident would."""

from streams.settings import Settings
from streams.topic_admin import create_topics
from streams.topics import TopicPlan
from tests.support.kafka import delete_topics, eventually, topic_names

WITHIN_S = 60.0


async def made_anew(settings: Settings, *plans: TopicPlan) -> None:
    """Delete topics and make them again, empty."""
    names = {plan.name for plan in plans}
    kafka = settings.kafka or ""
    await delete_topics(kafka, *names, within_s=WITHIN_S)

    async def are_anew() -> bool:
        await create_topics(settings)
        return names <= await topic_names(kafka)

    await eventually(are_anew, WITHIN_S)
