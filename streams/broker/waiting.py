"""Waiting for what another process does, with an end."""

import time
from collections.abc import Callable

LOOK_AGAIN_S = 0.05


def wait_until(condition: Callable[[], bool], within_s: float) -> bool:
    """Say whether the condition came true in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_AGAIN_S)
    return True
