"""Processes a test has started, directly or not."""

from collections.abc import Iterable
from contextlib import suppress

import psutil

from streams.broker.waiting import wait_until

ENDED_WITHIN_S = 10.0  # one that ends has let go of its files before the system counts it out


def still_running(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Return which of them do not end by themselves now that all are told to."""
    told = list(processes)
    wait_until(lambda: not any(map(_runs, told)), ENDED_WITHIN_S)
    return [each for each in told if _runs(each)]


def _runs(process: psutil.Process) -> bool:
    """Say whether it does anything; one that nobody has asked for its end does not."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
