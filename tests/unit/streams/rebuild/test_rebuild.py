"""A rebuild of lost lanes: what comes back is what the log has proof of.

Not covered here: fencing, and a group that has members (`tests/broker/test_rebuild.py`).
"""

import pytest

from ledger.wire import render_movement
from streams.topics import MOVEMENTS
from tests.support.movements import movement
from tests.support.played import Played, body, day
from tests.support.rebuilding import lose_changelogs, rebuild


def opened(**clarus: object) -> Played:
    """Return a log of one partition whose NPK at LEEDS is open, with ten MUG that cost 5.50."""
    played = Played(1, **clarus)
    played.cost("MUG", 1, 5_500_000)
    played.open("NPK,LEEDS,MUG,10,,\n")
    played.run()
    return played


def test_a_day_whose_changelogs_are_lost_is_rebuilt() -> None:
    """Everything that can happen comes back as it was, and goes on."""
    played = day()
    lose_changelogs(played)
    rebuild(played)
    assert played.verdict().findings == ()
    played.deliver("stock.received", body(99))
    played.run()

    assert played.verdict().findings == ()


@pytest.mark.parametrize(
    "value", [None, b"", b"hello", b"[1]", b"7", b'{"control":"nothing"}', b'{"delivery":3}']
)
def test_what_is_no_movement_says_nothing_of_translate(value: bytes | None) -> None:
    """A stranger's record is quarantined once, stays in the topic, and stops no rebuild."""
    played = opened()
    played.append(MOVEMENTS.name, 0, (b"MUG", value, []))
    played.run()
    lose_changelogs(played)
    rebuild(played)

    assert played.mark().fields["counts"]["quarantined"] == 1
    assert played.verdict().findings == ()


@pytest.mark.parametrize("delivery", ["mybridge-1", "a/b/c", "x/1/2", "clarus.deliveries.v1/²/1"])
def test_a_movement_of_another_bridge_says_nothing_of_translate(delivery: str) -> None:
    """What it cites is whatever its writer calls a delivery, not a place of ours."""
    played = opened()
    said = render_movement(movement("m1", sku="MUG", delivery=delivery))
    played.append(MOVEMENTS.name, 0, (b"MUG", said, []))
    played.run()
    assert played.verdict().findings == ()
    lose_changelogs(played)
    rebuild(played)

    assert played.mark().fields["counts"]["applied"] == 2
    assert played.verdict().findings == ()
