"""Taking lanes over where Kafka does not come to an answer: it ends in time, and says of what.

What is done once Kafka answers is in `tests/broker/test_engine_take_over.py`.
"""

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaTimeoutError

from streams.engine import take_over as take_over_module
from streams.engine.described import Describing
from streams.engine.settling import Settling
from streams.engine.take_over import Taken, TakeOver
from streams.engine.transaction import LaneWriter
from streams.rebuild.run import Owned
from tests.support.silent import silent_server

SOON_S = 0.5


class Leaderless:
    """Stands for a Kafka that knows its topics, and no leader of their partitions."""

    def __init__(self) -> None:
        self.cluster = self

    async def _wait_on_metadata(self, _topic: str) -> set[int]:
        return {0}

    async def set_topics(self, _topics: set[str]) -> bool:
        return True

    async def force_metadata_update(self) -> bool:
        return True

    def leader_for_partition(self, _partition: TopicPartition) -> int:
        return -1


class WithoutCoordinator(Leaderless):
    """Stands for one whose transactions nobody keeps at the moment."""

    def leader_for_partition(self, _partition: TopicPartition) -> int:
        return 1

    async def send(self, _node: int, _request: Any) -> Any:
        class NothingOpen:
            topics = (
                ("movements", [(0, 0, None, [], {})], {}),
                ("changelog", [(0, 0, None, [], {}), (1, 0, None, [], {})], {}),
            )

        return NothingOpen

    async def coordinator_lookup(self, *_: Any) -> int:
        raise GroupCoordinatorNotAvailableError("starting")


@pytest.fixture
async def taken() -> AsyncIterator[list[Taken]]:
    """Give two lanes whose Kafka takes connections and says nothing."""
    async with silent_server() as silent:
        connection = {"bootstrap_servers": silent.address}
        writers = [
            LaneWriter(
                Owned("add", partition, "changelog"),
                group="unit",
                transaction_timeout_ms=10_000,
                connection=connection,
                settling=Settling(connection),
            )
            for partition in range(2)
        ]
        yield [
            Taken(writer, TopicPartition("changelog", partition), ["movements"])
            for partition, writer in enumerate(writers)
        ]
        for writer in writers:
            await writer.stop()


@pytest.mark.parametrize(
    ("kafka", "told"),
    [
        (Leaderless, r"\w+/\d has no leader"),
        (WithoutCoordinator, "GroupCoordinatorNotAvailableError: starting"),
    ],
)
async def test_a_look_that_takes_too_long_says_what_kafka_refused(
    taken: list[Taken], kafka: type[Leaderless], told: str
) -> None:
    """A partition may stay without a leader for ever, and a command must not wait so long."""
    taking = TakeOver(taken, Describing(cast("AIOKafkaClient", kafka())))

    with pytest.raises(KafkaTimeoutError, match=rf"of 2 lanes ended.*refused last.*{told}"):
        await taking.look(SOON_S)


async def test_a_fence_that_takes_too_long_says_of_how_many_lanes(
    taken: list[Taken], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads the last words of a worker learns what it stood at."""
    monkeypatch.setattr(take_over_module, "ENDED_WITHIN_S", SOON_S)
    taking = TakeOver(taken, Describing(cast("AIOKafkaClient", Leaderless())))

    with pytest.raises(KafkaTimeoutError, match=r"2 of 2 lanes were not fenced.*open files"):
        await taking.fence()
