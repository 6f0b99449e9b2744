"""What may be given up in the middle of taking lanes, and what is brought to its end."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class GivenUp(Exception):
    """The assignment that was being taken is no more, or the worker stops."""


class Attempt:
    """One taking of lanes; invariant: only what is awaited through it is ever cut short."""

    def __init__(self) -> None:
        self._doing: asyncio.Task[Any] | None = None
        self._is_given_up = False

    def give_up(self) -> None:
        """End what may be ended, and have nothing of the kind begin any more."""
        self._is_given_up = True
        if self._doing is not None:
            self._doing.cancel()

    def check(self) -> None:
        """Raise `GivenUp` where it was."""
        if self._is_given_up:
            raise GivenUp

    async def unless_given_up(self, doing: Coroutine[Any, Any, Answer]) -> Answer:
        """Return what it gives; raise `GivenUp` where it is given up meanwhile, or was before."""
        if self._is_given_up:
            doing.close()
            raise GivenUp
        self._doing = asyncio.create_task(doing)
        try:
            return await self._doing
        except asyncio.CancelledError:
            if self._is_given_up and not _is_cancelled():
                raise GivenUp from None
            raise
        finally:
            self._doing = None


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
