"""F14 without a broker: the same deliveries by a right and by a wrong clock of the door.

Through the real door and the real folds: every record of every topic is the same to the byte. The
clock stands in three headers of a delivery, and in the quarantine's copy of them.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import aiohttp
import pytest

from streams.clarus.deliveries import Delivery
from streams.clarus.delivery import ACCEPTS, EVENT, RECEIVED_AT, RESOURCE
from streams.clarus.doorway import machine_clock, opened
from streams.engine.fold import Send
from streams.headers import ORIGINAL
from streams.topics import AVAILABILITY, DELIVERIES, JOURNAL, QUARANTINE, STOCK_CHANGELOG
from tests.faults.skewed import CLOCKS
from tests.support.doors import SECRET, OpenDoor, Shelf, door_settings
from tests.support.played import TENANT_NAME, Logged, Played, day

STAMPS = {"ce_id", "ce_time", RECEIVED_AT}
COPIES = {f"{ORIGINAL}{name}" for name in STAMPS}


class Told(Played):
    """A log whose deliveries have the headers that a door gave them, where one took them in."""

    def __init__(self, stamped: Sequence[Delivery | None] = ()) -> None:
        super().__init__()
        self.told: list[Send] = []
        self._stamped = stamped

    def append(self, topic: str, partition: int, send: Send) -> Logged:
        if topic == DELIVERIES.name:
            stamped = self._stamped[len(self.told)] if self._stamped else None
            self.told.append(send)
            send = send if stamped is None else (*send[:2], stamped.headers)
        return super().append(topic, partition, send)

    def written(self) -> dict[tuple[str, int], list[tuple[object, ...]]]:
        """Return everything but the deliveries, without the copies of their stamps."""
        return {
            place: [(r.offset, r.key, r.value, without(COPIES, r)) for r in records]
            for place, records in self.log.items()
            if place[0] != DELIVERIES.name
        }


def without(names: set[str], record: Logged) -> list[tuple[str, bytes]]:
    return [header for header in record.headers if header[0] not in names]


async def by_door(
    sends: Sequence[Send], clock: Callable[[], datetime], home: Path
) -> list[Delivery | None]:
    """Post to a door by this clock; None for what it refuses, and for what is no webhook."""
    shelf, said = Shelf(), {"tenant": TENANT_NAME.decode(), "accounts": ["NPK", "OAK"]}
    settings = door_settings(home, partitions=2, clarus=said)
    stamped: list[Delivery | None] = []
    async with opened(settings, shelf, now=clock) as port, aiohttp.ClientSession() as client:
        door = OpenDoor(port, client)
        for _, body, headers in sends:
            named = {name: text.decode() for name, text in headers}
            path = f"/clarus/{SECRET}/{named[RESOURCE]}/{named[EVENT]}"
            is_kept = ACCEPTS not in named and (await door.post(body, path)).status == 202
            stamped.append(shelf.kept[-1] if is_kept else None)
    return stamped


async def by_both_clocks(name: str, home: Path) -> tuple[Told, Told]:
    """Return the story as a door with a right clock and one with a wrong clock have it told."""
    story = Told()
    day(story)
    right = Told(await by_door(story.told, machine_clock, home))
    wrong = Told(await by_door(story.told, CLOCKS[name], home))
    day(right)
    day(wrong)
    return right, wrong


@pytest.mark.parametrize("name", CLOCKS)
async def test_a_wrong_clock_of_the_door_changes_no_byte(name: str, tmp_path: Path) -> None:
    """Cards, marks, journal, availability, movements, quarantine: order and figures need none."""
    right, wrong = await by_both_clocks(name, tmp_path)

    assert right.written() == wrong.written()
    for topic in (JOURNAL, AVAILABILITY, STOCK_CHANGELOG, QUARANTINE):
        assert right.records(topic.name)


@pytest.mark.parametrize("name", CLOCKS)
async def test_the_clock_was_wrong(name: str, tmp_path: Path) -> None:
    """In three headers of each delivery, and nowhere else."""
    right, wrong = await by_both_clocks(name, tmp_path)
    both = list(zip(right.records(DELIVERIES.name), wrong.records(DELIVERIES.name), strict=True))
    stamped = [(one, other) for one, other in both if RECEIVED_AT in dict(one.headers)]

    assert len(stamped) > len(both) / 2
    for one, other in stamped:
        assert (one.key, one.value) == (other.key, other.value)
        assert without(STAMPS, one) == without(STAMPS, other)
        assert all(dict(one.headers)[stamp] != dict(other.headers)[stamp] for stamp in STAMPS)
