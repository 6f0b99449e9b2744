"""The watchdog: what stands still ends the worker, so that it begins anew.

A lane stands with lag and without progress while the broker answers. Lag counts to the last stable
offset, so that a frozen peer's open transaction is not mistaken for it. A broker that is away is
waited for, not failed on.

A worker that Kafka has not answered for longer than a session is cut off: others may have its lanes
by then, and what it has to show is old.

A worker stands that does not come to take records: nobody else looks at Faust and aiokafka before
the first one. A group that was dealt nothing, as Kafka did not show all its topics, is made to look
again meanwhile.
"""

import asyncio
import faulthandler
import math
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from aiokafka.errors import KafkaError
from faust.types import TP

from streams.engine.errors import LaneStalled, NotReady
from streams.engine.lane import Lane
from streams.log import log

if TYPE_CHECKING:
    from streams.engine.faust_batches import BatchConsumer
    from streams.engine.host import EngineApp

LOOK_EVERY_S = 1.0
ANSWER_WITHIN_S = 5.0  # a broker that takes longer is away
DEALT_NOTHING = "the group was dealt nothing"
BLOCKED_S = 120.0  # the loop itself stands still for so long: stacks are dumped, exit 1

Ends = Mapping[TP, int]


class Standing:
    """Counts the looks at which a lane had work before it and had committed nothing since.

    Looks and not seconds: a process that was frozen has not stood still for that long.
    """

    def __init__(self) -> None:
        self._looks: dict[Lane, tuple[int, int]] = {}  # transactions, looks in a row

    def look(self, lanes: Iterable[Lane], ends: Ends) -> dict[Lane, int]:
        """Return for each lane how often in a row it was seen to stand."""
        before, self._looks = self._looks, {}
        for lane in lanes:
            transactions, looks = before.get(lane, (-1, 0))
            stands = transactions == lane.transactions and has_work(lane, ends)
            self._looks[lane] = lane.transactions, looks + 1 if stands else 0
        return {lane: looks for lane, (_, looks) in self._looks.items()}

    def forget(self) -> None:
        """Begin anew: nothing can progress while the broker is away."""
        self._looks = {}


class Watch:
    """Looks once a second at the worker, and at every lane it owns."""

    def __init__(
        self, app: "EngineApp", *, stall_s: float, begins_within_s: float, session_s: float
    ) -> None:
        self._app = app
        self._stall_s = stall_s
        self._begins_within_s = begins_within_s
        self._session_s = session_s
        self._asked_at = -math.inf  # when Kafka was asked what it has answered last
        self._standing = Standing()
        self._stands_at = ""  # what keeps it from taking records
        self._looks = 0  # in a row, at the same
        self._ends: Ends = {}

    async def run(self) -> None:
        """Look for ever; end the process on a stalled lane, or where looking fails."""
        while not self._app.should_stop:
            faulthandler.dump_traceback_later(BLOCKED_S, exit=True)
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self._look_at_group()
                await self._look()
            except Exception as error:  # noqa: BLE001 (whatever it is: what it looks at stands)
                if not self._app.should_stop:  # else the consumer's thread has ended meanwhile
                    self._app.fail(error)
        faulthandler.cancel_dump_traceback_later()

    def lag(self, lane: Lane) -> dict[str, int]:
        """Return records not yet taken, by source topic: last stable offset less position."""
        return {} if self.is_cut_off else lag(lane, self._ends)

    @property
    def is_cut_off(self) -> bool:
        """Say whether Kafka has not answered for longer than a session."""
        return asyncio.get_running_loop().time() - self._asked_at > self._session_s

    async def _look(self) -> None:
        lanes = self._app.lanes.lanes()
        consumer = cast("BatchConsumer", self._app.consumer)
        partitions = self._asked_of(lanes)
        asked_at = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                self._ends = await consumer.stable_ends(partitions) if partitions else {}
        except (KafkaError, TimeoutError):
            self._standing.forget()
            return
        self._asked_at = asked_at
        for lane, looks in self._standing.look(lanes, self._ends).items():
            if looks * LOOK_EVERY_S > self._stall_s:
                self._say_why(lane)
                self._app.fail(LaneStalled(f"{lane}: nothing done for {self._stall_s:g} s"))

    def _asked_of(self, lanes: Iterable[Lane]) -> list[TP]:
        """Return the partitions to ask about; a ready member without lanes asks about any one."""
        own = [TP(topic, lane.partition) for lane in lanes for topic in lane.sources]
        if own or not self._app.is_ready:
            return own
        return [TP(self._app.lanes.agents[0].sources[0], 0)]

    async def _look_at_group(self) -> None:
        consumer = cast("BatchConsumer", self._app.consumer)
        await consumer.check_group()
        before, (self._stands_at, within_s) = self._stands_at, self._why_not_ready()
        self._looks = self._looks + 1 if self._stands_at == before else 0
        if self._stands_at == DEALT_NOTHING:
            consumer.renew_metadata()
        if self._stands_at and self._looks * LOOK_EVERY_S > within_s:
            self._app.fail(NotReady(f"{self._stands_at} for {within_s:g} s"))

    def _why_not_ready(self) -> tuple[str, float]:
        """Return what keeps the worker from taking records, and for how long it may."""
        if not self._app.lanes.ready:
            return "no partitions were taken over", self._begins_within_s
        if self._app.rebalancing:
            return "Faust did not resume what was recovered", self._stall_s
        if self._app.dealt_nothing:
            return DEALT_NOTHING, self._stall_s
        return "", 0.0

    def _say_why(self, lane: Lane) -> None:
        log.error("lane.stalled", lane=repr(lane), lag=self.lag(lane), pending=lane.pending)
        faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
        for task in asyncio.all_tasks():
            sys.stderr.write(f"{task.get_name()} awaits at {' -> '.join(awaiting(task))}\n")


def awaiting(task: "asyncio.Task[object]") -> list[str]:
    """Return where a task stands, the outermost await first.

    Python 3.11 shows the first frame of a task that waits, and not what it waits in.
    """
    inner: Any = task.get_coro()
    places: list[str] = []
    while (frame := getattr(inner, "cr_frame", None)) is not None:
        code = frame.f_code
        places.append(f"{Path(code.co_filename).name}:{frame.f_lineno} in {code.co_name}")
        inner = inner.cr_await
    return places


def lag(lane: Lane, ends: Ends) -> dict[str, int]:
    """Return what a lane has not taken yet, where the end is known."""
    known = {topic: ends.get(TP(topic, lane.partition)) for topic in lane.sources}
    return {
        topic: max(0, end - lane.next_offset[topic])
        for topic, end in known.items()
        if end is not None
    }


def has_work(lane: Lane, ends: Ends) -> bool:
    """Say whether there is something to take or to go on with, or done and not committed."""
    is_behind = lane.next_offset != lane.committed_offset or lane.pending > 0
    return is_behind or lane.fold.is_unfinished or any(lag(lane, ends).values())
