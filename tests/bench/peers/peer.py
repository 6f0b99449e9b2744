"""A peer: its name, how its program is got ready, which size it is measured at."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

Command = tuple[str, ...]
Say = Callable[[str], None]


class Skipped(Exception):
    """This machine cannot run a peer; the message is one line that says why."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a program is got ready with: a folder of the bench, the user's cache, who hears."""

    folder: Path
    cache: Path
    say: Say


@dataclass(frozen=True, slots=True)
class Peer:
    """One who does the work.

    Invariant: one with topics of its own is given them anew for each run, and is called with
    Kafka's address, its application id and a folder; the others write to ours.
    """

    name: str
    title: str  # for people
    promises: str  # what it says of a record's effect
    prepare: Callable[[Workshop], Awaitable[Command]]  # raises `Skipped`
    is_slow: bool = False
    has_own_topics: bool = True
    changelogs: tuple[str, ...] = ()  # made before it, where its own could come too late
    recovers: bool = True  # False: it starts over, there is nothing to time
