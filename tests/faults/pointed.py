"""The program, to die at a named point: `python -m tests.faults.pointed POINT PASSES ...`.

What follows are the arguments of `stock`. The points are in what the engine asks of aiokafka, so
that production code knows nothing of them.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.support.history_evidence import CHANGELOGS

HIT = "point.hit"
ANSWER_ON_ITS_WAY_S = 0.002  # the commit is asked for, its answer not yet read

OF_A_TRANSACTION = (  # of either agent; passed by every one, so that death may come at any
    "transaction_begun",
    "first_output_sent",
    "all_sent",  # outputs, changelog and mark; the offsets are not
    "offsets_sent",  # everything but the commit
    "commit_asked",  # and nobody hears the answer
    "committed",  # in Kafka, and not shown to readers
)
FENCED = "producer_fenced"  # of either agent: the former owner is fenced, nothing is read back
READING_BACK = "reading_back"  # in the middle of a recovery: some records are here
POINTS = (
    *(f"{agent}.{point}" for point in (FENCED, *OF_A_TRANSACTION) for agent in CHANGELOGS.values()),
    READING_BACK,
)


class Point:
    """Counts its passes and kills the process at the last of them."""

    def __init__(self, name: str, passes: int) -> None:
        self._agent, _, self._point = name.rpartition(".")
        self._name, self._left = name, passes

    def passed(self, point: str, producer: Any = None) -> None:
        """Die, if this is the one."""
        if self.is_next(point, producer):
            self.die()

    def is_next(self, point: str, producer: Any = None) -> bool:
        """Count a pass, of a producer of the agent where one passes; say whether it is the last."""
        own = producer is None or f"-{self._agent}-" in (_id_of(producer) or "")
        if point != self._point or not own:
            return False
        self._left -= 1
        return self._left == 0

    def die(self) -> None:
        """End as a crash of the machine would."""
        sys.stdout.write(f"{HIT} {self._name}\n")
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def _id_of(producer: Any) -> str | None:
    return producer._txn_manager.transactional_id if producer._txn_manager else None


def arm(point: Point) -> None:
    """Have aiokafka's clients pass the points."""
    _around(AIOKafkaProducer, "start", after=lambda p: point.passed(FENCED, p))
    _around(AIOKafkaProducer, "begin_transaction", lambda p: point.passed("transaction_begun", p))
    _around(AIOKafkaProducer, "send_batch", after=lambda p: point.passed("first_output_sent", p))
    _around(
        AIOKafkaProducer,
        "send_offsets_to_transaction",
        lambda p: point.passed("all_sent", p),
        lambda p: point.passed("offsets_sent", p),
    )
    getmany: Any = AIOKafkaConsumer.getmany

    async def read(consumer: Any, *partitions: Any, **named: Any) -> Any:
        lists = await getmany(consumer, *partitions, **named)
        if any(tp.topic in CHANGELOGS for tp in lists):
            point.passed(READING_BACK)
        return lists

    AIOKafkaConsumer.getmany = read  # pyright: ignore[reportAttributeAccessIssue]
    commit: Any = AIOKafkaProducer.commit_transaction

    async def committed(producer: Any) -> None:
        if point.is_next("commit_asked", producer):
            asked = asyncio.ensure_future(commit(producer))
            await asyncio.sleep(ANSWER_ON_ITS_WAY_S)
            point.die()
            await asked
        await commit(producer)
        point.passed("committed", producer)

    AIOKafkaProducer.commit_transaction = committed  # pyright: ignore[reportAttributeAccessIssue]


def _around(
    of: Any,
    name: str,
    before: Callable[[Any], None] = lambda _: None,
    after: Callable[[Any], None] = lambda _: None,
) -> None:
    original: Any = getattr(of, name)

    async def passed(client: Any, *arguments: Any, **named: Any) -> Any:
        before(client)
        answer = await original(client, *arguments, **named)
        after(client)
        return answer

    setattr(of, name, passed)


def main() -> None:
    """Arm the point, then be the program."""
    from streams.cli import stock  # noqa: PLC0415 (after the clients are armed)

    _, name, passes, *arguments = sys.argv
    arm(Point(name, int(passes)))
    sys.argv = ["stock", *arguments]
    stock()


if __name__ == "__main__":
    main()
