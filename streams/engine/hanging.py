"""Transactions that hang: complete for their coordinator, and open for ever in their partitions.

Kafka 4.4, a single node, stopped in good order while a lane commits, may answer that it has, and
write no marker (seen at 2 of some 28 such stops; `python -m tests.faults F6`). The last stable
offset then stays before the transaction. A recovery would read the state from before it, and the
markers of later transactions would show one part of it and not another: an entry twice. So what
hangs of a lane is aborted everywhere before the lane is read, and is folded again.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.engine.cutter import Writer
from streams.log import log

ENDED_WITHIN_S = 20.0  # longer: the process ends and begins anew, as with any failure
LOOK_EVERY_S = 0.1


async def end_hanging(
    lanes: Mapping[TopicPartition, tuple[Writer, Collection[str]]], connection: Mapping[str, Any]
) -> None:
    """Abort what hangs of fenced lanes: by changelog partition, the writer and its topics.

    Every transaction of a lane writes to its changelog, and nobody else does: where its last
    stable offset is not its end, something of the lane hangs.
    """
    found = await _hanging(list(lanes), connection)
    if not found:
        return
    log.warning("lanes.transaction_hangs", changelogs=[f"{t}/{p}" for t, p in found])
    await asyncio.gather(
        *(writer.abort_all_over(topics) for writer, topics in map(lanes.__getitem__, found))
    )
    async with asyncio.timeout(ENDED_WITHIN_S):
        while await _hanging(found, connection):  # noqa: ASYNC110 (Kafka tells nobody)
            await asyncio.sleep(LOOK_EVERY_S)


async def _hanging(
    changelogs: Sequence[TopicPartition], connection: Mapping[str, Any]
) -> list[TopicPartition]:
    async with (
        _reading("read_uncommitted", connection) as everything,
        _reading("read_committed", connection) as committed,
    ):
        written = await everything.end_offsets(changelogs)
        stable = await committed.end_offsets(changelogs)
    return [tp for tp in changelogs if stable[tp] < written[tp]]


@asynccontextmanager
async def _reading(
    level: Literal["read_committed", "read_uncommitted"], connection: Mapping[str, Any]
) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(**connection, isolation_level=level, enable_auto_commit=False)
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()
