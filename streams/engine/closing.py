"""A producer is closed for good, whatever it holds, and even while Kafka does not answer.

aiokafka 0.14 closes by flushing, which never ends while Kafka is away; cut short, it leaves a
sender that goes on asking, and sends once Kafka is back. So its parts are closed one by one.
"""

import asyncio
import inspect
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import ProducerClosed

CANCEL_AGAIN_S = 0.1  # where an answer came in the same moment, and the cancellation went by
ABORT_AFTER_S = 0.5  # connections: one with bytes still to write waits for Kafka to take them


async def close_producer(producer: AIOKafkaProducer, within_s: float) -> None:
    """Close a producer with whatever it still holds, which is then neither sent nor answered.

    Only requests that are on their way may end before, for so long.
    """
    parts: Any = producer
    if parts._closed:  # noqa: SLF001 (here and below: it has no word for any of this)
        return
    parts._closed = True  # noqa: SLF001
    try:
        await _end(parts._sender, within_s)  # noqa: SLF001
    finally:
        await _disconnect(parts.client)
        _fail_what_is_left(parts)


async def _end(sender: Any, within_s: float) -> None:
    """Have the sender's routine, and each request it has begun, end."""
    routine: asyncio.Task[None] | None = sender.sender_task
    if routine is None:
        return
    routine.cancel()  # then it begins no more, and waits for what it has begun
    await asyncio.wait({routine}, timeout=within_s)
    while tasks := _tasks_of(sender):
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=CANCEL_AGAIN_S)
        for task in tasks:
            failure_in(task)


def _tasks_of(sender: Any) -> set[asyncio.Task[Any]]:
    """Return what runs a method of the sender: it leaves its requests behind where it is cut short.

    Such a one looks for its coordinator for ever, and connects anew for it.
    """
    return {task for task in asyncio.all_tasks() if _runs_of(task) is sender}


def _runs_of(task: asyncio.Task[Any]) -> Any:
    running: Any = task.get_coro()
    return inspect.getcoroutinelocals(running).get("self")


async def _disconnect(client: Any) -> None:
    writers = [connection._writer for connection in client._conns.values()]  # noqa: SLF001
    transports = [writer.transport for writer in writers if writer is not None]

    def abort() -> None:
        for transport in transports:
            transport.abort()

    aborting = asyncio.get_running_loop().call_later(ABORT_AFTER_S, abort)
    try:
        await client.close()
    finally:
        aborting.cancel()


def _fail_what_is_left(parts: Any) -> None:
    """Have nobody wait for ever; whoever waits no more is told nothing, and neither is the log."""
    accumulator: Any = parts._message_accumulator  # noqa: SLF001
    left = [*chain(*accumulator._batches.values()), *accumulator._pending_batches]  # noqa: SLF001
    # One that was to be sent again is told off among the pending when it ends, and is not there.
    accumulator._pending_batches.update(left)  # noqa: SLF001
    accumulator.fail_all(ProducerClosed())
    for batch in left:
        failure_in(batch.future)
        failure_in(batch._drain_waiter)  # noqa: SLF001
    if parts._txn_manager is not None:  # noqa: SLF001
        _fail_transaction(parts._txn_manager)  # noqa: SLF001


def _fail_transaction(transaction: Any) -> None:
    ended = transaction.wait_for_transaction_end()
    if ended is None:
        return
    offsets = [waiting for *_, waiting in transaction._pending_txn_offsets]  # noqa: SLF001
    if not ended.done():
        transaction.fatal_error(ProducerClosed())
    for future in (ended, *offsets):
        failure_in(future)


def failure_in(ended: asyncio.Future[Any]) -> BaseException | None:
    """Say what a future failed of, if it has; asyncio takes it for heard then."""
    return None if not ended.done() or ended.cancelled() else ended.exception()
