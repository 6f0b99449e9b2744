"""How a command that runs on is stopped."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def stop_on_signals() -> asyncio.Event:
    """Return an event that Ctrl-C, SIGTERM and a terminal that closes set."""
    stop = asyncio.Event()
    _on_signals(stop.set)
    return stop


def cancel_on_signals() -> None:
    """Have the first of them cancel this task; what ends in order is not hurried by a second."""
    task = asyncio.current_task()
    asked = asyncio.Event()

    def once() -> None:
        if task is not None and not asked.is_set():
            asked.set()
            task.cancel()

    _on_signals(once)


async def unless_stopped(work: Awaitable[Answer]) -> Answer:
    """Do some work that any of them cancels, so that what it started ends with it."""
    cancel_on_signals()
    return await work


def _on_signals(act: Callable[[], object]) -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, act)
    loop.add_signal_handler(signal.SIGTERM, act)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # what `nohup` asks for stays
        loop.add_signal_handler(signal.SIGHUP, act)
