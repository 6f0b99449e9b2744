"""What can be said without asking anybody: the settings, the disk, Java."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from streams.broker.errors import BrokerError
from streams.broker.java import JAVA_MIN, find_java
from streams.chart import chart_of
from streams.clarus.secret import required_secret
from streams.doctor.diagnosis import Diagnosis, fail, ok, refused, warn
from streams.engine.errors import RefusesToRun
from streams.settings import Settings
from streams.settings_sources import toml_file
from streams.web.auth import required_token

FREE_BYTES_MIN = 256 * 1024 * 1024  # below: a local Kafka soon stops taking records
FREE_BYTES_WANTED = 2 * 1024 * 1024 * 1024  # below: somebody should look
CLOCK_MIN = datetime(2026, 1, 1, tzinfo=UTC)  # before this program was: a clock gone wrong


async def examine_machine(settings: Settings, now: datetime) -> AsyncIterator[Diagnosis]:
    """Yield what this machine and its settings look like."""
    for diagnosis in _of_settings(settings):
        yield diagnosis
    yield _disk(settings.home)
    if settings.kafka is None:
        yield await asyncio.to_thread(_java)
    yield _clock(now)


def _of_settings(settings: Settings) -> Iterator[Diagnosis]:
    file = toml_file()
    read = f"read from {file.absolute()}" if file.exists() else "the defaults and the environment"
    yield ok("settings", read)
    if settings.door_secret is None:
        yield warn(
            "door secret", "none is set", "no door starts here without STOCK_DOOR_SECRET(_FILE)"
        )
    else:
        yield _unless_refused(
            "door secret", "set, and hard to guess", lambda: required_secret(settings)
        )
    yield _unless_refused("web token", _token(settings), lambda: required_token(settings))
    yield _accounts(settings)
    yield _unless_refused("chart", _chart(settings), lambda: chart_of(settings))


def _unless_refused(about: str, says: str, check: Callable[[], object]) -> Diagnosis:
    try:
        check()
    except RefusesToRun as refusal:
        return refused(about, refusal)
    return ok(about, says)


def _token(settings: Settings) -> str:
    return "set" if settings.web_token else f"none needed on {settings.web_bind}"


def _accounts(settings: Settings) -> Diagnosis:
    accounts = settings.clarus.accounts
    if not accounts:
        return fail(
            "accounts",
            "no account of Clarus is mapped to this company, so none of its stock is kept",
            'name yours in stock.toml: [clarus] accounts = ["CODE"]',
        )
    return ok("accounts", f"{', '.join(accounts)} of {settings.clarus.tenant}")


def _chart(settings: Settings) -> str:
    own = len(settings.category) + len(settings.reason) + len(settings.phrase)
    return f"the shipped one, with {own} rows of your own" if own else "the shipped one"


def _disk(home: Path) -> Diagnosis:
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    if not os.access(there, os.W_OK):
        return fail("disk", f"{there} cannot be written to", "set STOCK_HOME to a folder of yours")
    free_bytes = shutil.disk_usage(there).free
    says = f"{free_bytes / 1024**3:.1f} GiB free under {home}"
    if free_bytes < FREE_BYTES_MIN:
        return fail("disk", says, "make room, or set STOCK_HOME to another disk")
    if free_bytes < FREE_BYTES_WANTED:
        return warn("disk", says, "make room, or set STOCK_HOME to another disk")
    return ok("disk", says)


def _java() -> Diagnosis:
    try:
        java = find_java()
    except BrokerError as error:
        return fail("Java", f"none of version {JAVA_MIN} or newer", str(error).partition(": ")[2])
    return ok("Java", f"version {java.major} for the local Kafka, {java.executable}")


def _clock(now: datetime) -> Diagnosis:
    if now < CLOCK_MIN:
        return fail("clock", f"this machine says {now:%Y-%m-%d}", "set its clock (NTP)")
    return ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")
