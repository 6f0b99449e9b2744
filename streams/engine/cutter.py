"""When a lane's transactions are cut: at once when idle, else at its pace, and one at a time."""

import asyncio
import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Protocol

from aiokafka import TopicPartition
from aiokafka.errors import (
    InvalidTimestampError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
    UnsupportedForMessageFormatError,
)

from streams.engine.errors import FoldFailed
from streams.engine.lane import Lane, RecordList, Transaction
from streams.engine.pace import Pace

Observe = Callable[[str, float, int], None]  # agent, seconds to commit, records
# What Kafka says of the records themselves, as often as it is asked: ours are not to be so.
REFUSED_FOR_GOOD = (
    InvalidTimestampError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
    UnsupportedForMessageFormatError,
)


class Writer(Protocol):
    """What makes a transaction visible; see `transaction.LaneWriter`."""

    transactional_id: str

    @property
    def producer_id(self) -> int:
        """Return the number under which partitions know it, once it is started."""
        ...

    async def start(self) -> None:
        """Fence the former owner."""
        ...

    async def end_all_over(self, places: Iterable[TopicPartition], *, commit: bool) -> None:
        """End what an earlier transaction has left open in places, and in the group."""
        ...

    async def write(self, transaction: Transaction) -> None:
        """Return once it can be read; raise whatever stood in the way."""
        ...

    async def stop(self) -> None:
        """Close the connections."""
        ...


class Cutter:
    """A lane in motion; invariant: what a transaction holds is fixed before its first await."""

    def __init__(
        self,
        lane: Lane,
        writer: Writer,
        *,
        pace: Pace,
        fail: Callable[[BaseException], None],
        observe: Observe,
        turn: asyncio.Lock,
    ) -> None:
        """Cut a recovered lane; `turn` is of all lanes of a process: one at a time goes on."""
        self.lane = lane
        self.writer = writer
        self._pace = pace
        self._fail = fail
        self._observe = observe
        self._turn = turn
        self._kick = asyncio.Event()
        self._idle = asyncio.Event()
        self._is_draining = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to cut what is taken; the lane is recovered."""
        self._idle.set()
        self._task = asyncio.create_task(self._cut_for_ever())

    def begin(self) -> None:
        """Have it go on with what is unfinished, and say again where the group's offsets fell."""
        self._kick.set()

    def take(self, taken: RecordList) -> bool:
        """Fold a list and have it cut; False where it is not the next one, or was left in part."""
        is_taken = self.lane.take(taken)
        if is_taken or self.lane.fold.is_unfinished:
            self._kick.set()
        return is_taken

    async def drain(self) -> None:
        """Return when all that was folded is committed, or nothing will be any more.

        Its pace counts no more: the lane is given up. Its next owner does what is unfinished.
        """
        self._is_draining = True
        self._kick.set()
        while not self._is_done and (self.lane.pending or not self._idle.is_set()):
            await self._idle.wait()
            if self.lane.pending:
                self._kick.set()
                self._idle.clear()

    async def stop(self) -> None:
        """Cut no more, and close the writer."""
        if self._task is not None:
            self._task.cancel()
        await self.writer.stop()

    @property
    def _is_done(self) -> bool:
        return self._task is None or self._task.done()

    async def _cut_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        last_cut_s = -math.inf
        try:
            while True:
                await self._kick.wait()
                await self._due(last_cut_s)
                self._kick.clear()
                last_cut_s = loop.time()
                self._idle.clear()
                await self._cut()
                self._idle.set()
                if self.lane.fold.is_unfinished and not self._is_draining:
                    self._kick.set()
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 (outermost frame: the process ends)
            self._fail(error)
        finally:
            self._idle.set()

    async def _due(self, last_cut_s: float) -> None:
        """Return once the lane's pace lets it cut; looked at again with every list and piece."""
        loop = asyncio.get_running_loop()
        while not self._is_draining:
            if self.lane.fold.is_unfinished:
                await self._go_on()
            wait_s = self._pace.wait_s(loop.time() - last_cut_s, self.lane.pending)
            if wait_s <= 0:
                return
            if self.lane.fold.is_unfinished:
                continue
            self._kick.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._kick.wait()

    async def _go_on(self) -> None:
        """Do a piece of what is unfinished; transactions on their way have the loop in between."""
        async with self._turn:
            if self._is_draining:
                return
            try:
                self.lane.go_on()
            except Exception as error:
                raise _failed(self.lane, error, "going on") from error
            await asyncio.sleep(0)

    async def _cut(self) -> None:
        started = asyncio.get_running_loop().time()
        transaction = self._snapshot()
        if transaction is None:
            return
        await self._write(transaction)
        self.lane.committed(transaction)
        took_s = asyncio.get_running_loop().time() - started
        self._observe(self.lane.agent, took_s, transaction.records)

    async def _write(self, transaction: Transaction) -> None:
        try:
            await self.writer.write(transaction)
        except REFUSED_FOR_GOOD as error:
            after = dict(self.lane.committed_offset)
            raise _failed(self.lane, error, f"writing what follows {after}") from error

    def _snapshot(self) -> Transaction | None:
        """Cut the lane; what our own code raises there is told as what it raises on a record."""
        try:
            return self.lane.cut()
        except Exception as error:
            raise _failed(self.lane, error, "at its cut") from error


def _failed(lane: Lane, error: Exception, doing: str) -> FoldFailed:
    """Return the failure of our own code beside its records, at a place that comes again."""
    kind = type(error).__name__
    said = f"{lane}: {kind}: {error} ({doing}, before {lane.next_offset})"
    return FoldFailed(said, place=f"{lane} {kind} {doing}")
