"""A transaction is settled once every partition it wrote to is stable beyond it.

Kafka answers a commit when it is decided, and marks the partitions afterwards. A partition that
has no leader at that moment, 4.4 takes for deleted and leaves out: the transaction is complete for
its coordinator, and open in the partition (seen where a broker was stopped, or starved past its
session; `python -m tests.faults F23`). The next transaction of the same producer would then end
it, whichever way that one ends. So none begins before the last one is settled.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.engine.errors import EngineError

# Beyond the 10 s in which Kafka aborts what others have open in the same partitions, and within
# the 30 s after which a lane counts as stalled.
SETTLED_WITHIN_S = 20.0
LOOK_EVERY_S = 0.005

Ends = Mapping[TopicPartition, int]  # the last offset written to each


class NotSettled(EngineError):
    """Kafka has decided, and shows it in some partitions not; whoever begins anew makes it so."""


class Settling:
    """Asks for all lanes of a process at once; connects when it is first asked."""

    def __init__(self, connection: Mapping[str, Any]) -> None:
        self._connection = connection
        self._consumer: AIOKafkaConsumer | None = None
        self._waiting: dict[asyncio.Future[None], Ends] = {}
        self._looking: asyncio.Task[None] | None = None

    async def settled(self, written: Ends) -> None:
        """Return once all partitions are stable beyond what was written; else `NotSettled`."""
        answer = asyncio.get_running_loop().create_future()
        self._waiting[answer] = written
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(SETTLED_WITHIN_S):
                await answer
        except TimeoutError:
            places = ", ".join(f"{tp.topic}/{tp.partition} {at}" for tp, at in written.items())
            raise NotSettled(
                f"committed, and not shown within {SETTLED_WITHIN_S:g} s, of: {places}"
            ) from None
        finally:
            del self._waiting[answer]

    async def stop(self) -> None:
        """Close the connection; whoever is asked afterwards opens another."""
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.cancel()
            await asyncio.wait({looking})
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()

    async def _look(self) -> None:
        try:
            while self._waiting:
                await self._answer()
                await asyncio.sleep(LOOK_EVERY_S)
        except Exception as error:  # noqa: BLE001 (theirs who wait: each ends its process)
            for answer in self._waiting:
                if not answer.done():
                    answer.set_exception(error)

    async def _answer(self) -> None:
        consumer = await self._connected()
        asked = {tp for written in self._waiting.values() for tp in written}
        stable = await consumer.end_offsets(list(asked))
        for answer, written in self._waiting.items():
            is_settled = all(stable.get(tp, -1) > last for tp, last in written.items())
            if is_settled and not answer.done():
                answer.set_result(None)

    async def _connected(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            consumer = AIOKafkaConsumer(
                **self._connection, isolation_level="read_committed", enable_auto_commit=False
            )
            await consumer.start()
            self._consumer = consumer
        return self._consumer
