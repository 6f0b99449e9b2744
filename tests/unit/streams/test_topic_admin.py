"""Making topics on a broker that has only just started."""

from typing import Any

from aiokafka.admin import NewTopic

from streams import topic_admin
from streams.settings import Settings
from streams.topic_admin import create_topics
from streams.topics import TOPICS


class JustStarted:
    """A broker's administration as aiokafka gives it: its first answer refuses, without raising."""

    def __init__(self, **_: Any) -> None:
        self._asked = 0
        self._topics: dict[str, int] = {}

    async def start(self) -> None:
        """Answer at once."""

    async def close(self) -> None:
        """Keep nothing."""

    async def describe_cluster(self) -> dict[str, Any]:
        return {"brokers": [{"node_id": 1}] if self._asked else []}

    async def create_topics(self, new_topics: list[NewTopic]) -> None:
        self._asked += 1
        if all(topic.replication_factor for topic in new_topics):
            self._topics |= {topic.name: topic.num_partitions for topic in new_topics}

    async def describe_topics(self) -> list[dict[str, Any]]:
        return [{"topic": name, "partitions": [{}] * count} for name, count in self._topics.items()]


async def test_a_broker_that_refuses_at_first_is_asked_again(monkeypatch: Any) -> None:
    """Seen: a broker that had registered nobody yet made no topic, and raised nothing."""
    monkeypatch.setattr(topic_admin, "AIOKafkaAdminClient", JustStarted)

    made = await create_topics(Settings())

    assert [plan.name for plan in TOPICS] == made
