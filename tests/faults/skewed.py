"""A door by a wrong clock: `python -m tests.faults.skewed CLOCK door`.

The clock is passed in where the program passes its own; nothing is faked from outside.
"""

import asyncio
import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from streams.clarus.doorway import serve
from streams.commands.signals import stop_on_signals
from streams.log import configure_logging
from streams.settings import Settings

HOUR = timedelta(hours=1)


def _jumping() -> datetime:
    return datetime.now(UTC) + random.choice((-1, 1)) * 2 * HOUR  # noqa: S311 (not for secrets)


CLOCKS: dict[str, Callable[[], datetime]] = {
    "ahead": lambda: datetime.now(UTC) + HOUR,
    "behind": lambda: datetime.now(UTC) - HOUR,
    "jumping": _jumping,
}


async def _serve(clock: Callable[[], datetime]) -> None:
    await serve(Settings(), stop_on_signals(), now=clock)


def main() -> None:
    """Be the door."""
    configure_logging()
    asyncio.run(_serve(CLOCKS[sys.argv[1]]))


if __name__ == "__main__":
    main()
