"""What Kafka decided of a producer's last transaction: asked before its id is taken over.

Kafka's protocol, DescribeTransactions, version 0 (since Kafka 3.0); aiokafka 0.14 has no word for
it. Taking an id over makes its coordinator forget.
"""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import IncompatibleBrokerVersion, KafkaError, NoError, for_code
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

NOT_FOUND = 105  # TRANSACTIONAL_ID_NOT_FOUND
ASK_AGAIN_S = 0.1
COMMITTED = {"PrepareCommit", "CompleteCommit"}


class _Described(Response):
    @property
    def API_KEY(self) -> int:  # noqa: N802 (aiokafka's)
        return 65

    @property
    def API_VERSION(self) -> int:  # noqa: N802
        return 0

    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "states",
            CompactArray(
                ("error_code", Int16),
                ("transactional_id", CompactString("utf-8")),
                ("state", CompactString("utf-8")),
                ("timeout_ms", Int32),
                ("start_time_ms", Int64),
                ("producer_id", Int64),
                ("producer_epoch", Int16),
                (
                    "topics",
                    CompactArray(
                        ("topic", CompactString("utf-8")),
                        ("partitions", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _Describe_v0(RequestStruct):  # noqa: N801 (as aiokafka names versions)
    FLEXIBLE_VERSION = True
    API_KEY = 65
    API_VERSION = 0
    RESPONSE_TYPE = _Described
    SCHEMA = Schema(("ids", CompactArray(CompactString("utf-8"))), ("tags", TaggedFields))


class _Describe(Request[_Describe_v0]):
    API_KEY = 65

    def __init__(self, transactional_id: str) -> None:
        self._ids = [transactional_id]

    def build(self, request_struct_class: type[_Describe_v0]) -> _Describe_v0:
        return request_struct_class(self._ids, {})


async def committed_last(
    transactional_ids: Collection[str], connection: Mapping[str, Any]
) -> set[str]:
    """Return those ids whose last transaction was decided to be committed.

    Those that nobody has used, or whose owner has written nothing yet, are not among them.
    """
    client = AIOKafkaClient(**connection)
    await client.bootstrap()
    try:
        states = await asyncio.gather(*(_state(client, each) for each in transactional_ids))
    finally:
        await client.close()
    decided = zip(transactional_ids, states, strict=True)
    return {transactional_id for transactional_id, state in decided if state in COMMITTED}


async def _state(client: AIOKafkaClient, transactional_id: str) -> str:
    """Return Kafka's word for the state; none for an id it does not know."""
    while True:
        try:
            node = await client.coordinator_lookup(CoordinationType.TRANSACTION, transactional_id)
            answer: Any = await client.send(node, _Describe(transactional_id))
            code, _, state, *_ = answer.states[0]
            if code in (NoError.errno, NOT_FOUND):
                return state or ""
            raise for_code(code)
        except IncompatibleBrokerVersion:
            return ""  # a broker before 3.0
        except KafkaError as error:
            if not error.retriable:
                raise
            await asyncio.sleep(ASK_AGAIN_S)  # a coordinator that was just started is loading
