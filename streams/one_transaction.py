"""One transaction by a command: all of it becomes visible, or nothing; two at once fence.

What Kafka decided of an earlier run, and shows in some partitions not, is made so before this one
writes: the markers of this one would end it the one way or the other (see `engine.take_over`).
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, ProducerFenced

from streams.engine.described import describing
from streams.engine.errors import EngineError
from streams.engine.fold import Place, Send
from streams.engine.settling import NotSettled, Settling
from streams.engine.transaction import (
    end_all_over,
    first_failure,
    producer_id_of,
    send_batches,
    transactional_producer,
)
from streams.engine.within import within
from streams.kafka import connection
from streams.settings import Settings

# Brokers allow 15 minutes by default; a killed command holds readers up for so long at the most.
TRANSACTION_TIMEOUT_MS = 120_000
LOOKED_WITHIN_S = 30.0  # longer: the command ends, with nothing written

FENCED = "another run of this command began meanwhile; nothing of this one was written"
# Kafka's answer may be to a commit that was asked for twice, as the first answer was lost.
FENCED_AT_COMMIT = (
    "another run of this command began while this one committed: it is not known whether this one "
    "was written. Let the other one end, look what there is, and run this one again if it lacks"
)
# A place that is open and a chart that counts are not written again, and what is replayed twice has
# the ids it had.
SEEN_TO = (
    "See that Kafka and the workers run, and run the command again: it makes what was committed "
    "seen, and counts nothing twice"
)


class TakenOver(EngineError):
    """Another run of the same command began meanwhile; the message says what became of this one."""


class NotShown(EngineError):
    """Kafka says that it has committed, and does not show it; the next run makes it so."""


class OnlyWriter:
    """Invariant: whoever had the transactional id before can commit no more."""

    def __init__(self, producer: AIOKafkaProducer, settling: Settling) -> None:
        self.producer = producer
        self._settling = settling

    async def end_all_over(self, places: Iterable[TopicPartition], *, commit: bool) -> None:
        """End what an earlier run has left open, before anything is written."""
        try:
            with first_failure(self.producer):
                await end_all_over(self.producer, places, commit=commit)
        except ProducerFenced:
            raise TakenOver(FENCED) from None

    async def write(self, outputs: Mapping[Place, Iterable[Send]]) -> None:
        """Write everything in one transaction; returns once no partition has it open any more."""
        commits = False
        try:
            async with self.producer.transaction():
                sent = [
                    batch
                    for (topic, partition), sends in outputs.items()
                    for batch in await send_batches(self.producer, topic, partition, sends)
                ]
                written = await asyncio.gather(*sent)
                commits = True
        except ProducerFenced:
            raise TakenOver(FENCED_AT_COMMIT if commits else FENCED) from None
        try:
            last = {batch.topic_partition: batch.offset for batch in written}
            await self._settling.settled(last, producer_id_of(self.producer))
        except NotSettled as error:
            raise NotShown(f"{error}. {SEEN_TO}") from None
        except KafkaError as error:
            raise NotShown(
                f"committed; then Kafka did not answer any more ({error}). {SEEN_TO}"
            ) from None


@asynccontextmanager
async def only_writer(
    settings: Settings, transactional_id: str, topics: Collection[str]
) -> AsyncIterator[OnlyWriter]:
    """Give the one writer of this id; it writes to `topics` alone."""
    places, commit = await _looked(settings, transactional_id, topics)
    producer = transactional_producer(
        connection(settings), transactional_id, TRANSACTION_TIMEOUT_MS
    )
    settling = Settling(connection(settings))
    await producer.start()
    try:
        writer = OnlyWriter(producer, settling)
        await writer.end_all_over(places, commit=commit)
        yield writer
    finally:
        await settling.stop()
        await producer.stop()


async def _looked(
    settings: Settings, transactional_id: str, topics: Collection[str]
) -> tuple[list[TopicPartition], bool]:
    """Return where the last run wrote, and whether Kafka had decided to commit it.

    All that may have to be waited for, leaders above all: Kafka forgets it when the id is started.
    """
    in_vain = (
        f"not every partition of {', '.join(topics)} has a leader, after {LOOKED_WITHIN_S:g} s"
    )
    async with within(LOOKED_WITHIN_S, lambda: in_vain), describing(connection(settings)) as kafka:
        at = await kafka.places_of(topics)
        places = [place for topic in topics for place in at[topic]]
        await kafka.open_in(places)
        return places, bool(await kafka.committed_last([transactional_id]))
