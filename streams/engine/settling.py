"""A transaction is settled once no partition it wrote to has it open any more.

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

from streams.engine.described import describing
from streams.engine.errors import EngineError
from streams.settings import SETTLED_WITHIN_S

LOOK_EVERY_S = 0.005
# A partition is stable beyond a transaction a moment after it was marked, unless others have one
# open there for longer, as `stock opening load` may: then Kafka is asked whose it is.
ASKED_AFTER_S = 1.0

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

    async def settled(self, written: Ends, producer_id: int) -> None:
        """Return once a producer has nothing open where it has written; else `NotSettled`."""
        try:
            async with asyncio.timeout(SETTLED_WITHIN_S):
                while not await self._is_settled(written, producer_id):
                    pass  # each look takes its moment
        except TimeoutError:
            places = ", ".join(f"{tp.topic}/{tp.partition} {at}" for tp, at in written.items())
            raise NotSettled(
                f"committed, and not shown within {SETTLED_WITHIN_S:g} s, of: {places}"
            ) from None

    async def _is_settled(self, written: Ends, producer_id: int) -> bool:
        return await self._is_stable(written) or not await self._is_open(written, producer_id)

    async def _is_stable(self, written: Ends) -> bool:
        """Say whether all partitions are stable beyond what was written, within a moment."""
        answer = asyncio.get_running_loop().create_future()
        self._waiting[answer] = written
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(ASKED_AFTER_S):
                await answer
        except TimeoutError:
            return False
        else:
            return True
        finally:
            del self._waiting[answer]

    async def _is_open(self, written: Ends, producer_id: int) -> bool:
        async with describing(self._connection) as kafka:
            opened = await kafka.open_in(written)
        return any(producer_id in producers for producers in opened.values())

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
            # Kept before it is started, so that `stop` closes it in the middle of that, too.
            self._consumer = AIOKafkaConsumer(
                **self._connection, isolation_level="read_committed", enable_auto_commit=False
            )
            await self._consumer.start()
        return self._consumer
