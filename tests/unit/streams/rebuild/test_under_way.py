"""A lane of keep_stock anew that was in the middle of an opening: it comes as far as it was."""

import orjson
import pytest

from ledger.chart import DEFAULT_CHART
from streams.engine.errors import RefusesToRun
from streams.engine.mark import MARK_KEY
from streams.rebuild.remains import Remains
from streams.rebuild.standing import Found
from streams.rebuild.stock_lane import StockLane
from streams.topics import (
    AVAILABILITY,
    EXCEPTIONS,
    JOURNAL,
    MOVEMENTS,
    PRODUCTS,
    STOCK_CHANGELOG,
)
from tests.support.played import Played, body

SKUS = ("CUP", "JUG", "MUG", "VASE")


def opening(pieces: int) -> Played:
    """Return a log whose lane has let in one SKU more than so many."""
    played = Played(partitions=1)
    for sku in SKUS:
        played.cost(sku, 1, 5_500_000)
    for number, sku in enumerate((*SKUS, "JUG")):
        played.deliver("stock.received", body(number, sku), sku)
    played.run()
    played.open("NPK,LEEDS,JUG,7,,\nNPK,LEEDS,MUG,9,,\n")
    played.run(pieces=pieces)
    return played


def image_of(played: Played) -> dict[bytes, bytes]:
    latest = {record.key: record.value for record in played.records(STOCK_CHANGELOG.name)}
    return {key: value for key, value in latest.items() if value is not None}


def rebuilt(played: Played, image: dict[bytes, bytes]) -> dict[bytes, bytes | None]:
    """Return what a rebuild writes of the lane that has this changelog left."""
    remains = Remains()
    for topic, take in (
        (JOURNAL, remains.take_entry),
        (AVAILABILITY, remains.take_statement),
        (EXCEPTIONS, remains.take_notice),
    ):
        for record in played.records(topic.name):
            take(record)
    until = {
        topic.name: played.records(topic.name)[-1].offset + 1 for topic in (PRODUCTS, MOVEMENTS)
    }
    found = Found(image, committed={}, end=until)
    lane = StockLane(0, played.settings, DEFAULT_CHART, remains.lanes[0], under_way=found.under_way)
    for topic in until:
        lane.take(played.records(topic))
    return dict(lane.transaction(until, image, remains).changelog)


@pytest.mark.parametrize("pieces", range(len(SKUS)))
def test_a_lane_in_the_middle_is_brought_as_far_as_it_was(pieces: int) -> None:
    """What it had not let in waits again, and the mark says where to go on."""
    played = opening(pieces)
    image = image_of(played)
    again = rebuilt(played, image)

    assert {key for key, value in again.items() if value is not None} == image.keys()
    for key, value in image.items():
        if key == MARK_KEY:
            mark, was = orjson.loads(again[key] or b""), orjson.loads(value)
            assert (mark["state"], mark["counts"]) == (was["state"], was["counts"])
        elif key.startswith(b"\x00"):
            assert again[key] == value
        else:
            card, was = orjson.loads(again[key] or b""), orjson.loads(value)
            assert {**card, "version": 0} == {**was, "version": 0}


def test_a_lane_in_the_middle_without_its_mark_is_refused() -> None:
    """Nobody knows then what of the opening it had let in: nothing is posted on a guess."""
    played = opening(0)

    with pytest.raises(RefusesToRun, match="has no entry in the journal"):
        rebuilt(played, {})
