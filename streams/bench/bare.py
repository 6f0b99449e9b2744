"""The bare loop: the same fold, headers, outputs and transactions as the worker's, without Faust.

Run as a process of its own: `python -m streams.bench.bare` (with BENCH_TRANSACTIONS=0: without
transactions). Its last line says what it measured.
"""

import asyncio
import os
import resource
import sys
import time
from collections.abc import Mapping
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.bench.figures import Run
from streams.bench.ground import LOADED
from streams.engine.found import Found
from streams.engine.lane import Lane, RecordList, Transaction
from streams.engine.memory import calm_collector
from streams.engine.pace import Pace
from streams.engine.settling import Settling
from streams.engine.transaction import (
    BATCH_BYTES_MAX,
    NO_HEADERS,
    LaneWriter,
    send_batches,
)
from streams.kafka import connection
from streams.keep_stock import KeepStock
from streams.settings import Settings
from streams.topics import APP_ID, KEEP_STOCK, MOVEMENTS, PRODUCTS, STOCK_CHANGELOG

TRANSACTIONS_VARIABLE = "BENCH_TRANSACTIONS"
FETCH_WAIT_MS = 100
KIB = 1024


class PlainWriter:
    """Writes what a transaction would, without one; offsets are committed after it."""

    def __init__(
        self, lane: Lane, connected: Mapping[str, Any], consumer: AIOKafkaConsumer
    ) -> None:
        self._lane = lane
        self._consumer = consumer
        self._producer = AIOKafkaProducer(
            **connected, enable_idempotence=True, max_batch_size=BATCH_BYTES_MAX, linger_ms=0
        )

    async def start(self) -> None:
        """Connect."""
        await self._producer.start()

    async def stop(self) -> None:
        """Close the connections."""
        await self._producer.stop()

    async def write(self, transaction: Transaction) -> None:
        """Return once everything is acknowledged and the offsets are committed."""
        changelog = [(key, value, NO_HEADERS) for key, value in transaction.changelog]
        of_lane = (self._lane.changelog_topic, self._lane.partition)
        acknowledgements = [
            acknowledgement
            for (topic, partition), sends in (
                *transaction.cut.outputs.items(),
                (of_lane, changelog),
            )
            for acknowledgement in await send_batches(self._producer, topic, partition, sends)
        ]
        await asyncio.gather(*acknowledgements)
        await self._consumer.commit(
            {TopicPartition(t, self._lane.partition): o for t, o in transaction.offsets.items()}
        )


class Loop:
    """One consumer, a lane for each partition, a cut as often as the worker's."""

    def __init__(self, settings: Settings, *, transactions: bool) -> None:
        self._settings = settings
        self._pace = Pace.of(settings.engine)
        self._settling = Settling(connection(settings))
        self._consumer = AIOKafkaConsumer(
            **connection(settings),
            group_id=APP_ID,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )
        self._lanes = {partition: _lane(partition, settings) for partition in self._partitions}
        self._writers = {
            partition: self._writer(lane, transactions=transactions)
            for partition, lane in self._lanes.items()
        }
        self._writing: dict[int, asyncio.Task[None]] = {}
        self._cut_at = dict.fromkeys(self._partitions, 0.0)

    async def run(self) -> Run:
        """Take everything there is, and return how fast it went."""
        await self._consumer.start()
        await asyncio.gather(*(writer.start() for writer in self._writers.values()))
        ends = await self._assigned()
        await self._take_until({tp: o for tp, o in ends.items() if tp.topic == PRODUCTS.name})
        moved = {tp: end for tp, end in ends.items() if tp.topic == MOVEMENTS.name}
        count = sum(moved.values()) - len(moved)
        began_s, cpu_began_s = time.perf_counter(), time.process_time()
        await self._take_until(moved)
        took_s, cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_began_s
        await asyncio.gather(*(writer.stop() for writer in self._writers.values()))
        await self._settling.stop()
        await self._consumer.stop()
        return {
            "movements_per_s": count / took_s,
            "cpu_s_per_million": cpu_s / count * 1e6,
            "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB,
        }

    @property
    def _partitions(self) -> range:
        return range(self._settings.partitions)

    def _writer(self, lane: Lane, *, transactions: bool) -> LaneWriter | PlainWriter:
        connected = connection(self._settings)
        if not transactions:
            return PlainWriter(lane, connected, self._consumer)
        return LaneWriter(
            lane,
            group=APP_ID,
            transaction_timeout_ms=self._pace.transaction_timeout_ms,
            connection=connected,
            settling=self._settling,
        )

    async def _assigned(self) -> dict[TopicPartition, int]:
        sources = [TopicPartition(topic, p) for topic in LOADED for p in self._partitions]
        self._consumer.assign(sources)
        ends = await self._consumer.end_offsets(sources)
        await self._consumer.seek_to_beginning(*sources)
        return ends

    async def _take_until(self, ends: Mapping[TopicPartition, int]) -> None:
        """Fold and write everything up to these ends."""
        left = set(ends)
        while left:
            wanted = [tp for tp in left if self._has_room(tp.partition)]
            if not wanted:
                await asyncio.wait(self._writing.values(), return_when=asyncio.FIRST_COMPLETED)
                self._cut_due()
                continue
            taken: dict[Any, Any] = await self._consumer.getmany(
                *wanted,
                timeout_ms=FETCH_WAIT_MS,
                max_records=self._settings.engine.poll_records_max,
            )
            for tp, records in taken.items():
                after = records[-1].offset + 1
                before = self._lanes[tp.partition].next_offset[tp.topic]
                fetched = RecordList(tp.topic, tp.partition, 0, before, after, records)
                self._lanes[tp.partition].take(fetched)
                if after >= ends[tp]:
                    left.discard(tp)
            self._cut_due()
        while any(lane.pending for lane in self._lanes.values()) or self._writing:
            self._cut_due(now=True)
            await asyncio.gather(*self._writing.values())

    def _has_room(self, partition: int) -> bool:
        return self._lanes[partition].pending < self._pace.cut_records_max

    def _cut_due(self, *, now: bool = False) -> None:
        """Begin the transaction of every lane that is due and has none open."""
        at_s = time.perf_counter()
        for partition, lane in self._lanes.items():
            wait_s = self._pace.wait_s(at_s - self._cut_at[partition], lane.pending)
            is_due = now or wait_s <= 0
            if lane.pending and partition not in self._writing and is_due:
                self._cut_at[partition] = at_s
                self._writing[partition] = asyncio.create_task(self._write(partition))

    async def _write(self, partition: int) -> None:
        lane = self._lanes[partition]
        transaction = lane.cut()
        if transaction is not None:
            await self._writers[partition].write(transaction)
            lane.committed(transaction)
        del self._writing[partition]


def _lane(partition: int, settings: Settings) -> Lane:
    lane = Lane(
        KEEP_STOCK,
        partition,
        sources=(MOVEMENTS.name, PRODUCTS.name),
        read_first=None,
        changelog_topic=STOCK_CHANGELOG.name,
        fold=KeepStock(partition, settings),
    )
    nothing = dict.fromkeys(LOADED, 0)
    lane.start(Found({}, 0, {}, nothing, nothing, {}))
    return lane


def main() -> None:
    """Run the loop once, on what STOCK_KAFKA holds."""
    transactions = os.environ.get(TRANSACTIONS_VARIABLE) != "0"

    async def run() -> Run:
        loop = Loop(Settings(), transactions=transactions)
        calm_collector()
        return await loop.run()

    sys.stdout.write(orjson.dumps(asyncio.run(run())).decode() + "\n")


if __name__ == "__main__":
    main()
