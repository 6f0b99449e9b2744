"""The lanes of an assignment are fenced, read back and started, in this order, or given up."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Protocol

from aiokafka import TopicPartition

from streams.engine.attempt import Attempt
from streams.engine.cutter import Cutter
from streams.engine.described import describing
from streams.engine.found import Found
from streams.engine.lane import Lane
from streams.engine.recovery import recover
from streams.engine.take_over import Taken, TakeOver
from streams.engine.within import within

RECOVER_WITHIN_S = 300.0  # longer: the process ends and begins anew, as with any failure


class Stopped(Protocol):
    """A lane's cutter, or its writer alone."""

    async def stop(self) -> None: ...  # noqa: D102 (as in both)


Writes = Mapping[str, Collection[str]]  # the topics each agent writes, beside the changelog


async def start_lanes(
    owned: Sequence[Cutter],
    attempt: Attempt,
    *,
    writes: Writes,
    group: str,
    connection: Mapping[str, Any],
) -> None:
    """Have every lane stand where its former owner committed last; raise `GivenUp` if it was.

    Whatever is raised, no lane is left with its writer open.
    """
    try:
        found = await _found(owned, attempt, writes, group, connection)
        for each in owned:
            attempt.check()
            each.lane.start(found[each.lane])
            await asyncio.sleep(0)  # a million cards take their time, and the watchdog its turn
    except BaseException:
        await stop_lanes(owned)
        raise


async def stop_lanes(owned: Iterable[Stopped]) -> None:
    """Cut no more; a transaction that a writer has open is left to its next owner's fence."""
    await asyncio.gather(*(each.stop() for each in owned), return_exceptions=True)


async def _found(
    owned: Sequence[Cutter],
    attempt: Attempt,
    writes: Writes,
    group: str,
    connection: Mapping[str, Any],
) -> dict[Lane, Found]:
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + RECOVER_WITHIN_S
    async with AsyncExitStack() as asking:
        async with within(RECOVER_WITHIN_S, lambda: _in_vain("no Kafka took a connection")):
            connecting = asking.enter_async_context(describing(connection))
            kafka = await attempt.unless_given_up(connecting)
        taking = TakeOver(_taken(owned, writes), kafka)
        await attempt.unless_given_up(taking.look(ends_at - loop.time()))
        await taking.fence()  # to its end: what Kafka had decided would be forgotten
    unread = f"the changelogs of {len(owned)} lanes were not read back"
    async with within(ends_at - loop.time(), lambda: _in_vain(unread)):
        lanes = [each.lane for each in owned]
        return await attempt.unless_given_up(recover(lanes, group=group, connection=connection))


def _in_vain(what: str) -> str:
    return f"{what} within {RECOVER_WITHIN_S:.0f} s of the assignment"


def _taken(owned: Iterable[Cutter], writes: Writes) -> list[Taken]:
    lanes = {each.lane: each.writer for each in owned}
    return [
        Taken(writer, TopicPartition(lane.changelog_topic, lane.partition), writes[lane.agent])
        for lane, writer in lanes.items()
    ]
