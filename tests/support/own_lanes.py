"""The lanes of one ground, run by the test itself: no Faust, no group membership, no thread."""

from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.engine.lane import Lane, RecordList
from streams.engine.pace import Pace
from streams.engine.runner import Lanes
from tests.support.folds import agents
from tests.support.ground import Ground
from tests.support.kafka import eventually

PACE = Pace(0.0, 0.0, cut_records_max=20_000, transaction_timeout_ms=10_000)
COMMITTED_WITHIN_S = 10.0
POLL_MS = 100


class OwnLanes:
    """Lanes over all partitions; `failures` is what would have ended the process."""

    def __init__(self, ground: Ground) -> None:
        self.failures: list[BaseException] = []
        self._ground = ground
        self.lanes = Lanes(
            agents(ground.names),
            group=ground.names.app_id,
            partitions=ground.partitions,
            pace=PACE,
            connection={"bootstrap_servers": ground.kafka},
            fail=self.failures.append,
        )

    async def assign(self) -> None:
        """Fence, recover, start: as on an assignment of everything."""
        await self.lanes.assign((topic, p) for topic in self._sources for p in self._partitions)

    async def run_to_the_end(self) -> None:
        """Take all there is and have it committed."""
        for topic in self._sources:
            for partition in self._partitions:
                await self._feed(topic, partition)

    async def revoke(self) -> None:
        """Give everything back."""
        await self.lanes.revoke()
        assert not self.failures, self.failures

    @property
    def _sources(self) -> tuple[str, str, str]:
        names = self._ground.names
        return names.products, names.deliveries, names.movements

    @property
    def _partitions(self) -> range:
        return range(self._ground.partitions)

    async def _feed(self, topic: str, partition: int) -> None:
        lane = self.lanes.lane_of(topic, partition)
        assert lane is not None
        source = TopicPartition(topic, partition)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._ground.kafka,
            isolation_level="read_committed",
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            consumer.assign([source])
            consumer.seek(source, lane.next_offset[topic])
            end = (await consumer.end_offsets([source]))[source]
            while await consumer.position(source) < end:
                assert self.lanes.take(await _next_list(consumer, source)) is None
        finally:
            await consumer.stop()
        await eventually(lambda: self._is_committed(lane), COMMITTED_WITHIN_S)

    def _is_committed(self, lane: Lane) -> bool:
        assert not self.failures, self.failures
        return lane.committed_offset == lane.next_offset


async def _next_list(consumer: AIOKafkaConsumer, source: TopicPartition) -> RecordList:
    before = await consumer.position(source)
    lists: dict[TopicPartition, list[Any]] = await consumer.getmany(source, timeout_ms=POLL_MS)
    after = await consumer.position(source)
    return RecordList(source.topic, source.partition, 1, before, after, lists.get(source, []))
