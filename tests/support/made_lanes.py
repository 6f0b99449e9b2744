"""Lanes and lists of records made by hand, for tests without a broker."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from aiokafka import ConsumerRecord

from streams.engine.found import Found
from streams.engine.lane import Lane, RecordList
from streams.engine.mark import MARK_KEY, parse_mark
from tests.support.folds import ADD, Names, SumFold

NAMES = Names("unit")
SOURCES = (NAMES.movements, NAMES.products)
KEY = b"K0"


def record(
    offset: int, value: bytes, topic: str = NAMES.movements, key: bytes | None = KEY
) -> ConsumerRecord[Any, Any]:
    return ConsumerRecord(topic, 0, offset, 1_000, 1, key, value, None, 2, len(value), ())


def numbers(*offsets: int) -> list[ConsumerRecord[Any, Any]]:
    """Return records that each add one."""
    return [record(o, orjson.dumps({"id": o, "add": 1})) for o in offsets]


def many(offset: int, pieces: int) -> ConsumerRecord[Any, Any]:
    """Return a record that adds one so many times, once at a stretch."""
    return record(offset, orjson.dumps({"id": offset, "add": 1, "pieces": pieces}))


def taken(
    before: int,
    after: int,
    records: Sequence[ConsumerRecord[Any, Any]] | None = None,
    topic: str = NAMES.movements,
) -> RecordList:
    """Return a list; unless given, one number at every offset between the positions."""
    given = numbers(*range(before, after)) if records is None else records
    return RecordList(topic, 0, 1, before, after, given)


def found(
    changelog: Mapping[bytes, bytes] | None = None,
    *,
    committed: int | None = None,
    beginning: int = 0,
    end: int = 0,
    last_seen: str | None = None,
) -> Found:
    """Return what recovery finds, the same of both sources where only one is told of."""
    movements, products = SOURCES
    return Found(
        changelog=changelog or {},
        changelog_end=len(changelog or {}),
        committed={movements: committed, products: None},
        beginning={movements: beginning, products: 0},
        end={movements: end, products: 0},
        last_seen={movements: last_seen, products: None},
    )


def new_lane(*, read_first: str | None = None) -> Lane:
    """Return a lane that is not started."""
    return Lane(
        ADD,
        0,
        sources=SOURCES,
        read_first=read_first,
        changelog_topic=NAMES.add_changelog,
        fold=SumFold(NAMES, 0),
    )


def started_lane() -> Lane:
    """Return a lane at its first start."""
    lane = new_lane()
    lane.start(found())
    return lane


def lane_in_the_middle(pieces: int) -> Lane:
    """Return a lane recovered where a record has so many pieces left."""
    lane = started_lane()
    lane.take(taken(0, 1, [many(0, pieces + 1)]))
    return restarted(lane)


def restarted(lane: Lane) -> Lane:
    """Return a lane recovered from what another has committed last: all it did is cut."""
    transaction = lane.cut()
    assert transaction is not None
    changelog = {key: value for key, value in transaction.changelog if value is not None}
    last_seen = parse_mark(changelog[MARK_KEY]).last_seen[NAMES.movements]
    at = transaction.offsets[NAMES.movements]
    again = new_lane()
    again.start(found(changelog, committed=at, end=at, last_seen=last_seen))
    return again
