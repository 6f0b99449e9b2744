"""The watchdog: lag without progress while the broker answers ends the worker.

Lag counts to the last stable offset, so that a frozen peer's open transaction is not mistaken
for it. A broker that is away is waited for, not failed on.
"""

import asyncio
import faulthandler
import sys
import time
from typing import TYPE_CHECKING, Any

from aiokafka import TopicPartition

from streams.engine.errors import LaneStalled
from streams.engine.lane import Lane
from streams.log import log

if TYPE_CHECKING:
    from streams.engine.host import EngineApp

LOOK_EVERY_S = 1.0
BROKER_ANSWERS_S = 5.0  # a fetch response younger than this

Progress = tuple[tuple[str, int], ...]


class Watch:
    """Looks once a second at every lane this process owns."""

    def __init__(self, app: "EngineApp", *, stall_s: float) -> None:
        self._app = app
        self._stall_s = stall_s
        self._moved_at: dict[Lane, tuple[Progress, float]] = {}

    async def run(self) -> None:
        """Look for ever; end the process on a stalled lane."""
        while not self._app.should_stop:
            await asyncio.sleep(LOOK_EVERY_S)
            stalled = self._stalled(time.monotonic())
            if stalled is not None:
                self._say_why(stalled)
                self._app.fail(
                    LaneStalled(f"{stalled}: lag without progress for {self._stall_s:g} s")
                )

    def lag(self, lane: Lane) -> dict[str, int]:
        """Return records not yet taken, by source topic: last stable offset less position."""
        return {
            topic: max(0, end - lane.next_offset[topic])
            for topic in lane.sources
            if (end := self._stable_end(topic, lane.partition)) is not None
        }

    def _stalled(self, now: float) -> Lane | None:
        moved_at: dict[Lane, tuple[Progress, float]] = {}
        for lane in self._app.lanes.lanes():
            progress = (*sorted(lane.next_offset.items()), ("pending", lane.pending))
            before = self._moved_at.get(lane)
            waits = any(self.lag(lane).values()) or lane.pending > 0
            still = before is not None and before[0] == progress and waits
            moved_at[lane] = before if still and before else (progress, now)
        self._moved_at = moved_at
        if not self._broker_answers():
            return None
        late = (lane for lane, (_, since) in moved_at.items() if now - since > self._stall_s)
        return next(late, None)

    def _stable_end(self, topic: str, partition: int) -> int | None:
        state = self._partition_state(topic, partition)
        return state.lso if state is not None else None

    def _broker_answers(self) -> bool:
        fetched = [
            state.timestamp or 0
            for lane in self._app.lanes.lanes()
            for topic in lane.sources
            if (state := self._partition_state(topic, lane.partition)) is not None
        ]
        return time.time() * 1000 - max(fetched, default=0) < BROKER_ANSWERS_S * 1000

    def _partition_state(self, topic: str, partition: int) -> Any:
        consumer = self._app.consumer._thread._consumer  # noqa: SLF001  # pyright: ignore[reportAttributeAccessIssue] (Faust's)
        assignment = consumer and consumer._subscription.subscription.assignment  # noqa: SLF001
        tp = TopicPartition(topic, partition)
        return assignment.state_value(tp) if assignment and tp in assignment.tps else None

    def _say_why(self, lane: Lane) -> None:
        log.error("lane.stalled", lane=repr(lane), lag=self.lag(lane), pending=lane.pending)
        faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
        for task in asyncio.all_tasks():
            task.print_stack(file=sys.stderr)
