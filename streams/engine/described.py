"""What Kafka knows of transactions: how a producer's last one was decided, and where one is open.

Kafka's protocol, DescribeProducers and DescribeTransactions, version 0 each (Kafka 3.0 and later);
aiokafka 0.14 has no word for them.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import (
    IncompatibleBrokerVersion,
    KafkaError,
    NoError,
    UnknownTopicOrPartitionError,
    for_code,
)
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)

from streams.engine.errors import RefusesToRun

NOT_FOUND = 105  # TRANSACTIONAL_ID_NOT_FOUND
NONE_OPEN = -1  # instead of an offset
ASK_AGAIN_S = 0.1
COMMITTED = {"PrepareCommit", "CompleteCommit"}  # Kafka's words for a state

_TEXT, _TAGS = CompactString("utf-8"), ("tags", TaggedFields)


class _Producers(Response):
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "topics",
            CompactArray(
                ("name", _TEXT),
                (
                    "partitions",
                    CompactArray(
                        ("partition", Int32),
                        ("error_code", Int16),
                        ("error_message", _TEXT),
                        (
                            "producers",
                            CompactArray(
                                ("producer_id", Int64),
                                ("producer_epoch", Int32),
                                ("last_sequence", Int32),
                                ("last_timestamp_ms", Int64),
                                ("coordinator_epoch", Int32),
                                ("open_since_offset", Int64),
                                _TAGS,
                            ),
                        ),
                        _TAGS,
                    ),
                ),
                _TAGS,
            ),
        ),
        _TAGS,
    )

    @property
    def API_KEY(self) -> int:  # noqa: N802 (aiokafka's)
        return 61

    @property
    def API_VERSION(self) -> int:  # noqa: N802
        return 0


class _ProducersOf(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 61
    API_VERSION = 0
    RESPONSE_TYPE = _Producers
    SCHEMA = Schema(
        ("topics", CompactArray(("name", _TEXT), ("partitions", CompactArray(Int32)), _TAGS)), _TAGS
    )


class _DescribeProducers(Request[_ProducersOf]):
    API_KEY = 61

    def __init__(self, partitions: Mapping[str, list[int]]) -> None:
        self._topics = [(topic, numbers, {}) for topic, numbers in partitions.items()]

    def build(self, request_struct_class: type[_ProducersOf]) -> _ProducersOf:
        return request_struct_class(self._topics, {})


class _States(Response):
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "states",
            CompactArray(
                ("error_code", Int16),
                ("transactional_id", _TEXT),
                ("state", _TEXT),
                ("timeout_ms", Int32),
                ("start_time_ms", Int64),
                ("producer_id", Int64),
                ("producer_epoch", Int16),
                (
                    "topics",
                    CompactArray(("topic", _TEXT), ("partitions", CompactArray(Int32)), _TAGS),
                ),
                _TAGS,
            ),
        ),
        _TAGS,
    )

    @property
    def API_KEY(self) -> int:  # noqa: N802
        return 65

    @property
    def API_VERSION(self) -> int:  # noqa: N802
        return 0


class _StatesOf(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 65
    API_VERSION = 0
    RESPONSE_TYPE = _States
    SCHEMA = Schema(("ids", CompactArray(_TEXT)), _TAGS)


class _DescribeTransactions(Request[_StatesOf]):
    API_KEY = 65

    def __init__(self, transactional_id: str) -> None:
        self._ids = [transactional_id]

    def build(self, request_struct_class: type[_StatesOf]) -> _StatesOf:
        return request_struct_class(self._ids, {})


@asynccontextmanager
async def describing(connection: Mapping[str, Any]) -> AsyncIterator["Describing"]:
    """Give a connection to ask with."""
    client = AIOKafkaClient(**connection)
    try:
        await client.bootstrap()
        yield Describing(client)
    finally:
        await client.close()


class Describing:
    """Asks until it is answered: a broker that was just started, or lost its partitions, is not."""

    def __init__(self, client: AIOKafkaClient) -> None:
        self._client = client
        self.refusal_last = "none"  # in Kafka's words: why something had to be asked again

    async def committed_last(self, transactional_ids: Collection[str]) -> set[str]:
        """Return those ids whose last transaction was decided to be committed.

        Asked before an id is taken over: its coordinator forgets then.
        """
        states = await asyncio.gather(*map(self._state, transactional_ids))
        decided = zip(transactional_ids, states, strict=True)
        return {transactional_id for transactional_id, state in decided if state in COMMITTED}

    async def places_of(self, topics: Iterable[str]) -> dict[str, list[TopicPartition]]:
        """Return every partition of each topic."""
        places: dict[str, list[TopicPartition]] = {}
        for topic in topics:
            # As aiokafka's producer does: with it, nothing could be asked before it fences.
            partitions = await self._client._wait_on_metadata(topic)  # noqa: SLF001
            places[topic] = [TopicPartition(topic, number) for number in sorted(partitions)]
        return places

    async def open_in(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, set[int]]:
        """Return by partition the ids of the producers that have a transaction open in it."""
        wanted = set(places)
        while True:
            try:
                await self._client.set_topics({place.topic for place in wanted})
                return await self._open_in(wanted)
            except KafkaError as error:
                await self._again(error)

    async def _open_in(self, places: Collection[TopicPartition]) -> dict[TopicPartition, set[int]]:
        by_leader: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for topic, partition in places:
            leader = self._client.cluster.leader_for_partition(TopicPartition(topic, partition))
            if leader is None or leader < 0:
                raise UnknownTopicOrPartitionError(f"{topic}/{partition} has no leader")
            by_leader[leader][topic].append(partition)
        found: dict[TopicPartition, set[int]] = {}
        for leader, partitions in by_leader.items():
            answer: Any = await self._client.send(leader, _DescribeProducers(partitions))
            for topic, told, _ in answer.topics:
                found |= {TopicPartition(topic, one[0]): _with_one_open(one) for one in told}
        return found

    async def _state(self, transactional_id: str) -> str:
        """Return Kafka's word for the state; none for an id it does not know."""
        while True:
            try:
                node = await self._client.coordinator_lookup(
                    CoordinationType.TRANSACTION, transactional_id
                )
                answer: Any = await self._client.send(node, _DescribeTransactions(transactional_id))
                code, _, state, *_ = answer.states[0]
                if code in (NoError.errno, NOT_FOUND):
                    return state or ""
                raise for_code(code)
            except KafkaError as error:
                await self._again(error)

    async def _again(self, error: KafkaError) -> None:
        if isinstance(error, IncompatibleBrokerVersion):
            raise RefusesToRun(
                "this Kafka cannot say what became of a transaction: 3.0 or later is needed"
            ) from None
        if not error.retriable:
            raise error
        self.refusal_last = str(error)
        await self._client.force_metadata_update()
        await asyncio.sleep(ASK_AGAIN_S)


def _with_one_open(told: Any) -> set[int]:
    _, code, _, producers, _ = told
    if code != NoError.errno:
        raise for_code(code)
    return {producer[0] for producer in producers if producer[5] != NONE_OPEN}
