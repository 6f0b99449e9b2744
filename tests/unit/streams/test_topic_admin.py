"""Making topics on a broker that has only just started, and on one that refuses them."""

from typing import Any

import pytest
from aiokafka.admin import NewTopic
from aiokafka.protocol.admin import CreateTopicsResponse_v0, CreateTopicsResponse_v3

from streams import topic_admin
from streams.engine.errors import RefusesToRun
from streams.settings import Settings
from streams.topic_admin import create_topics
from streams.topic_refusals import refusals_in, told
from streams.topics import TOPICS

NO_BROKERS = (38, "only 0 broker(s) are registered.")
TWO = TOPICS[:2]
NAMES = ", ".join(plan.name for plan in TWO)


class Refusing:
    """A broker's administration as aiokafka gives it: what it refuses is told, not raised.

    Its answers are refusals, one each time it is asked; after them it makes what it is asked for.
    """

    answers: tuple[tuple[int, str | None], ...] = ()
    shows = True

    def __init__(self, **_: Any) -> None:
        self._left = list(self.answers)
        self._topics: dict[str, int] = {}

    async def start(self) -> None:
        """Answer at once."""

    async def close(self) -> None:
        """Keep nothing."""

    async def describe_cluster(self) -> dict[str, Any]:
        return {"brokers": [] if self._left else [{"node_id": 1}]}

    async def create_topics(self, new_topics: list[NewTopic]) -> CreateTopicsResponse_v3:
        answer = self._left.pop(0) if self._left else (0, None)
        if not answer[0]:
            self._topics |= {topic.name: topic.num_partitions for topic in new_topics}
        return CreateTopicsResponse_v3(0, [(topic.name, *answer) for topic in new_topics])

    async def describe_topics(self) -> list[dict[str, Any]]:
        shown = self._topics if self.shows else {}
        return [{"topic": name, "partitions": [{}] * count} for name, count in shown.items()]


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return how to say what Kafka answers."""
    monkeypatch.setattr(topic_admin, "AIOKafkaAdminClient", Refusing)
    return lambda *answers: monkeypatch.setattr(Refusing, "answers", answers)


async def test_a_broker_that_refuses_at_first_is_asked_again(refusing: Any) -> None:
    """Seen: a broker that had registered nobody yet made no topic, and raised nothing."""
    refusing(NO_BROKERS)

    assert [plan.name for plan in TOPICS] == await create_topics(Settings())


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (29, "Topic authorization failed."),
        (31, "Authorization failed."),
        (37, "Number of partitions is above 100."),
        (40, "Unknown topic config name: x"),
        (44, "Topics of this cluster need 3 replicas."),
    ],
)
async def test_what_no_asking_again_mends_is_refused_in_kafka_s_words(
    refusing: Any, code: int, words: str
) -> None:
    """At once: the next answer would have made them."""
    refusing((code, words))

    with pytest.raises(RefusesToRun) as refused:
        await create_topics(Settings(), TWO)

    assert str(refused.value).startswith(f"Kafka refuses to make {NAMES}: {words} (")


async def test_what_goes_on_being_refused_is_told_with_kafka_s_last_words(
    refusing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not with the advice to run the command that has just failed."""
    monkeypatch.setattr(topic_admin, "SEEN_WITHIN_S", 0.2)
    refusing((7, "Timed out."), *[NO_BROKERS] * 100)

    with pytest.raises(RefusesToRun) as refused:
        await create_topics(Settings(), TWO)

    assert f"{NAMES}: only 0 broker(s) are registered. (INVALID_REPL" in str(refused.value)
    assert "stock topics create" not in str(refused.value)


async def test_what_is_made_and_not_shown_is_said_so(
    refusing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no refusal to tell of then."""
    monkeypatch.setattr(topic_admin, "SEEN_WITHIN_S", 0.2)
    monkeypatch.setattr(Refusing, "shows", False)
    refusing()

    with pytest.raises(RefusesToRun, match=f"does not show {NAMES}: .*stock topics check"):
        await create_topics(Settings(), TWO)


def test_an_answer_without_words_is_told_in_those_of_the_protocol() -> None:
    """The oldest version has a code alone; what is made is no refusal."""
    answer = CreateTopicsResponse_v0([("a", 44), ("b", 0), ("c", 44), ("d", 38)])

    assert told(refusals_in(answer)) == (
        "a, c: Request parameters do not satisfy the configured policy. (POLICY_VIOLATION, 44); "
        "d: Replication-factor is invalid. (INVALID_REPLICATION_FACTOR, 38)"
    )
