"""Work beside a block: whichever fails ends the other."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, cast


@asynccontextmanager
async def alongside(
    work: Coroutine[Any, Any, None], end: Callable[[], object] | None = None
) -> AsyncIterator[None]:
    """Run `work` while the block runs; its failure is raised in the block.

    `end` asks it to end, and it is waited for; without, it is cancelled.
    """
    block = cast("asyncio.Task[None]", asyncio.current_task())
    task = asyncio.create_task(work)
    failed = asyncio.Event()

    def look(ended: asyncio.Task[None]) -> None:
        if not ended.cancelled() and ended.exception() is not None:
            failed.set()
            block.cancel()

    task.add_done_callback(look)
    try:
        yield
    except asyncio.CancelledError:
        if not failed.is_set():
            raise
    finally:
        task.remove_done_callback(look)
        (end or task.cancel)()
        await asyncio.wait({task})
    if failed.is_set():
        block.uncancel()
    if not task.cancelled() and (error := task.exception()) is not None:
        raise error
