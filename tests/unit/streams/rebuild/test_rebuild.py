"""A rebuild of lost lanes: what comes back is what the log has proof of.

Not covered here: fencing, and a group that has members (`tests/broker/test_rebuild.py`).
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ledger.chart import DEFAULT_CHART, Reason
from ledger.wire import render_movement
from streams.engine.errors import RefusesToRun
from streams.topics import EXCEPTIONS, JOURNAL, MOVEMENTS, STOCK_CHANGELOG
from tests.support.movements import movement
from tests.support.played import MAPPED, Logged, Played, body, day
from tests.support.rebuilding import lose_changelogs, rebuild

UNMAPPED = replace(DEFAULT_CHART, reasons=(Reason("SOAKED", "damage"),))
MAPPED_AGAIN = replace(DEFAULT_CHART, reasons=(Reason("WET", "breakage"),))


def opened(**clarus: Any) -> Played:
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


def test_a_lane_that_took_nothing_is_rebuilt_as_it_began() -> None:
    """The group's offsets passed over markers or aborted records: there is a mark, of nothing."""
    played = Played(1)
    rebuild(played)

    assert played.mark().fields["state"]["first_rules"] == DEFAULT_CHART.rules
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


def test_a_movement_whose_mapping_went_before_its_cost_came_is_parked_again() -> None:
    """It was in a level and never entered: it lacks what it lacks now, whatever it lacked then."""
    played = opened()
    played.chart(MAPPED)
    played.deliver("stock.negatively_adjusted", body(1, "CUP", reason_code="WET"), "CUP")
    played.run()
    played.chart(UNMAPPED)
    played.run()
    played.cost("CUP", 1, 3_333_333)
    played.run()
    assert played.mark().fields["counts"]["parked"] == 1
    lose_changelogs(played)
    rebuild(played)

    assert played.mark().fields["counts"]["parked"] == 1
    assert played.verdict().findings == ()
    played.chart(MAPPED_AGAIN)
    played.run()
    assert played.mark().fields["counts"]["parked"] == 0
    assert played.verdict().findings == ()


def test_a_movement_whose_cost_was_taken_away_is_parked_again() -> None:
    """A version with a cost came before it, and one without: it waits for the next."""
    played = opened()
    played.cost("MUG", 2, None)
    played.run()
    played.deliver("stock.dispatched", body(1))
    played.run()
    lose_changelogs(played)
    rebuild(played)

    assert played.mark().fields["counts"]["parked"] == 1
    assert played.verdict().findings == ()


@pytest.mark.parametrize("event", ["dispatched", "placed_on_hold"])
def test_a_movement_that_lacks_nothing_and_has_no_entry_is_lost_evidence(event: str) -> None:
    """The group's offsets are ahead of the lane, or the journal has lost it: nobody guesses."""
    played = opened()
    played.deliver(f"stock.{event}", body(1, stock_id=7))
    played.run()
    played.drop(played.sent(JOURNAL.name, lambda entry: b'"entry:clarus:' in entry.value))
    lose_changelogs(played)

    with pytest.raises(RefusesToRun, match=r"stock\.\w+:1.* of MUG has no entry in the journal"):
        rebuild(played)


@pytest.mark.parametrize("is_lost", [False, True])
def test_what_was_cleared_is_deleted_a_year_later_all_the_same(*, is_lost: bool) -> None:
    """An entry that waited clears its exception, and a rebuild writes no entry: the topic tells."""
    played = opened()
    played.deliver("stock.negatively_adjusted", body(1, reason_code="WET"))
    played.deliver("stock.received", body(2, "CUP"), "CUP")
    played.deliver("stock.dispatched", body(3, "JUG"), "JUG")
    played.run()
    played.cost("CUP", 1, 3_333_333)
    played.chart(MAPPED)
    played.run()
    names = {f"E02:{played.sent(MOVEMENTS.name, _is_wet).fields['movement_id']}", "E03:CUP"}
    before = cleared(played)
    assert before.keys() == names
    if is_lost:
        lose_changelogs(played)
    rebuild(played)
    assert cleared(played) == before
    played.now += timedelta(days=366)
    played.cost("CUP", 2, None)
    played.run()

    deleted = {
        record.key.decode() for record in played.records(EXCEPTIONS.name) if not record.value
    }
    assert deleted == names
    assert played.verdict().findings == ()


def _is_wet(record: Logged) -> bool:
    return b'"WET"' in record.value


def cleared(played: Played) -> dict[str, bytes]:
    prefix = b"\x00cleared:"
    image = played.image(STOCK_CHANGELOG.name, 0)
    return {k.removeprefix(prefix).decode(): v for k, v in image.items() if k.startswith(prefix)}
