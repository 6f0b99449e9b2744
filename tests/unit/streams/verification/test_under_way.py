"""`stock verify` while a place opens: what has not been let in yet waits, and is no finding."""

import pytest

from tests.support.played import Played, body

SKUS = ("CUP", "JUG", "MUG", "VASE")
POSITION = "NPK,LEEDS,JUG,7,,\nNPK,LEEDS,MUG,9,,\nNPK,LEEDS,VASE,2,,\n"


def opening(pieces: int) -> Played:
    """Return a log whose lane has let in one SKU more than so many."""
    played = Played(partitions=1)
    for sku in ("JUG", "MUG"):
        played.cost(sku, 1, 5_500_000)
    for number, sku in enumerate((*SKUS[:3], "JUG")):
        played.deliver("stock.received", body(number, sku), sku)
    played.run()
    played.open(POSITION)
    played.run(pieces=pieces)
    return played


@pytest.mark.parametrize("pieces", range(len(SKUS)))
def test_a_lane_in_the_middle_agrees(pieces: int) -> None:
    """Cards, entries, statements, counts and what waits are judged by how far it has come."""
    played = opening(pieces)
    verdict = played.verdict()

    assert ("opening" in played.mark().fields["state"]) is (pieces < len(SKUS) - 1)
    assert [str(finding) for finding in verdict.findings] == []

    played.run()

    assert [str(finding) for finding in played.verdict().findings] == []


@pytest.mark.parametrize("reached", ["A", "JUG", "ZZZ"])
def test_a_mark_that_says_otherwise_is_found(reached: str) -> None:
    """Neither a SKU left out nor one let in too early goes unseen."""
    played = opening(0)
    mark = played.mark()
    state = mark.fields["state"]
    mark.change(state={**state, "opening": {**state["opening"], "reached": reached}})

    assert not played.verdict().agrees
