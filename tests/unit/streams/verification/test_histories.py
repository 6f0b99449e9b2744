"""Histories of which the lane and the verification once made different figures."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ledger.chart import DEFAULT_CHART, Chart, Phrase, Reason, chart_with
from ledger.holds import Place
from streams.chart import chart_of
from streams.clarus.delivery import ACCEPTS
from streams.engine.errors import RefusesToRun
from streams.settings import Settings
from streams.topics import EXCEPTIONS, JOURNAL, QUARANTINE
from tests.support.played import BEGINS, HAPPENS, OPENS, Played, body
from tests.support.rebuilding import lose_changelogs, rebuild

WET = replace(DEFAULT_CHART, reasons=(Reason("WET", "damage"),))
OTHER = chart_with((), (), [Phrase("damag", "breakage")])


def opened(**clarus: Any) -> Played:
    """Return a log of one partition whose NPK at LEEDS is open, and empty."""
    played = Played(1, **clarus)
    played.open("", Place("NPK", "LEEDS"))
    played.run()
    return played


def told_across_an_opening(played: Played, reason: str | None) -> None:
    """Have +3 and +7 wait for YORK's opening, -10 applied at LEEDS meanwhile, then open it."""
    york = {"warehouse": {"code": "YORK"}, "reason_code": reason}
    played.deliver("stock.positively_adjusted", body(1, "CUP", "3", **york), "CUP")
    played.deliver("stock.positively_adjusted", body(2, "CUP", "7", **york), "CUP")
    played.deliver("stock.negatively_adjusted", body(3, "CUP", "10", reason_code=reason), "CUP")
    played.run()
    played.open("", Place("NPK", "YORK"))
    played.run()


@pytest.mark.parametrize("clock", ["arrival", "updated_at"])
def test_what_is_put_back_on_a_held_record_is_held(clock: str) -> None:
    """The card, what was stated of it and what was reckoned say so alike, and after a rebuild."""
    played = opened(hold_time=clock)
    for number, (event, quantity) in enumerate(
        (
            ("received", "100"),
            ("placed_on_hold", "50"),
            ("negatively_adjusted", "50"),
            ("positively_adjusted", "50"),
            ("positively_adjusted", "6"),
        )
    ):
        at = (HAPPENS + number * timedelta(minutes=1)).isoformat()
        own = 48_817 if event == "placed_on_hold" else number
        stock_id = None if event == "received" else 48_817
        said = body(own, quantity=quantity, stock_id=stock_id, created_at=at, updated_at=at)
        played.deliver(f"stock.{event}", said)
    played.run()

    assert held(played) == "56"
    assert played.verdict().findings == ()
    lose_changelogs(played)
    rebuild(played)
    assert (held(played), played.verdict().findings) == ("56", ())


@pytest.mark.parametrize("clock", ["arrival", "updated_at"])
def test_a_release_at_the_moment_of_the_opening_counts(clock: str) -> None:
    """It waited in the log before the position, which is of that moment and comes first."""
    played = Played(1, hold_time=clock)
    at = OPENS.isoformat()
    played.deliver("stock.released_from_hold", body(1, quantity="2", created_at=at, updated_at=at))
    played.run()
    played.open("NPK,LEEDS,MUG,5,,\nNPK,LEEDS,MUG,,1,2\n")
    played.run()

    assert held(played) == "0"
    assert played.verdict().findings == ()


@pytest.mark.parametrize("is_rebuilt", [False, True])
@pytest.mark.parametrize("lacks", ["a cost", "a mapping", "both"])
def test_parked_movements_are_entered_in_the_order_they_were_applied_in(
    lacks: str, *, is_rebuilt: bool
) -> None:
    """What waited for its opening comes after what was applied meanwhile: a penny hangs on it."""
    played = opened()
    if lacks == "a mapping":
        played.cost("CUP", 1, 15_000)
    told_across_an_opening(played, None if lacks == "a cost" else "WET")
    if is_rebuilt:
        lose_changelogs(played)
        rebuild(played)
    if lacks != "a cost":
        played.chart(WET)
        played.run()
    played.cost("CUP", 1, 15_000)
    played.run()

    assert not played.mark().fields["counts"]["parked"]
    assert played.verdict().findings == ()
    entries = [record.fields for record in played.records(JOURNAL.name)]
    assert [entry["quantity"] for entry in entries] == ["-10", "3", "7"]


def taken_back(*after: Chart) -> Played:
    """Return a history under the settings' chart, another, and the first once more.

    Damage is taken from held stock by the first chart, by the second it is not.
    """
    played = opened(no_record={"damage": "held_first"})
    played.cost("MUG", 1, 5_500_000)
    played.deliver("stock.received", body(1, quantity="9"))
    played.deliver("stock.placed_on_hold", body(2, quantity="4", stock_id=7))
    played.deliver("stock.negatively_adjusted", body(3, quantity="2", description="damaged"))
    played.run()
    played.chart(OTHER)
    played.cost("MUG", 2, 6_000_000)
    played.run()
    played.deliver("stock.dispatched", body(4))
    played.deliver("stock.negatively_adjusted", body(5, description="damaged"))
    played.run()
    for chart in (DEFAULT_CHART, *after):
        played.chart(chart)
        played.run()
    return played


@pytest.mark.parametrize("after", [(), (OTHER,), (OTHER, DEFAULT_CHART)])
def test_a_chart_taken_back_is_still_the_one_a_lane_began_with(after: tuple[Chart, ...]) -> None:
    """What was entered and held before another chart came is proven by the first."""
    played = taken_back(*after)
    assert held(played) == "2"

    assert played.verdict().findings == ()


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_rebuild_begins_with_the_chart_its_lane_began_with(*, is_lost: bool) -> None:
    """Not with the settings' of now: the mark says it, or what was entered before any other."""
    played = taken_back(WET, OTHER)
    begun_with_other(played)
    if is_lost:
        lose_changelogs(played)
    rebuild(played)

    assert held(played) == "2"
    assert played.mark().fields["state"]["first_rules"] == DEFAULT_CHART.rules
    assert played.verdict().findings == ()
    lose_changelogs(played)
    rebuild(played)
    assert played.verdict().findings == ()


def test_where_nothing_was_entered_a_rebuild_begins_with_the_settings_chart() -> None:
    """No mark, and no entry before the first announced chart: nothing else tells."""
    played = opened()
    played.chart(OTHER)
    played.run()
    begun_with_other(played)
    lose_changelogs(played)
    rebuild(played)

    assert played.mark().fields["state"]["first_rules"] == OTHER.rules
    assert played.verdict().findings == ()


def test_a_first_chart_that_is_lost_stops_a_rebuild() -> None:
    """Entries cite it, no record announces it, and the settings hold another by now."""
    played = opened()
    played.cost("MUG", 1, 5_500_000)
    played.deliver("stock.received", body(1))
    played.run()
    begun_with_other(played)
    lose_changelogs(played)

    with pytest.raises(RefusesToRun, match="put its rows back into"):
        rebuild(played)


def test_a_mark_of_before_does_not_say_which_chart_came_first() -> None:
    """Then it is the one that no record announces, for the verification and for a rebuild."""
    played = opened(no_record={"damage": "held_first"})
    played.cost("MUG", 1, 5_500_000)
    played.deliver("stock.received", body(1, quantity="9"))
    played.run()
    played.chart(OTHER)
    played.run()
    begun_with_other(played)
    mark = played.mark()
    state = mark.fields["state"]
    del state["first_rules"]
    mark.change(state=state)
    assert played.verdict().findings == ()
    rebuild(played)

    assert played.mark().fields["state"]["first_rules"] == DEFAULT_CHART.rules
    assert played.verdict().findings == ()


def test_of_two_conflicts_of_one_id_one_stands_when_the_other_is_accepted() -> None:
    """Each content is settled by itself, in the topic and in what must stand."""
    played = opened()
    for quantity in ("1", "2", "3"):
        played.deliver("stock.received", body(1, quantity=quantity))
    played.run()
    kept = played.sent(QUARANTINE.name)
    named = dict(kept.headers)["movement_id"].decode()
    played.deliver("stock.received", kept.value, **{ACCEPTS: named})
    played.run()
    states = {r.key: r.fields["state"] for r in played.records(EXCEPTIONS.name)}

    assert sorted(states[key] for key in states if key.startswith(b"E04")) == ["cleared", "raised"]
    assert played.verdict().findings == ()


def test_levels_beyond_their_bounds_agree() -> None:
    """What is set aside there is set aside by both, at the first place and the second."""
    played = opened()
    played.open("", Place("NPK", "YORK"))
    played.cost("CUP", 1, 9_999_999_999_999)
    for number in range(12):
        site = {"warehouse": {"code": ("LEEDS", "YORK")[number % 2]}}
        event = ("stock.received", "stock.dispatched")[number % 2]
        played.deliver(event, body(number, "CUP", "1000000000", **site), "CUP")
    played.run()
    played.cost("CUP", 2, 1)
    played.run()

    assert played.mark().fields["counts"]["quarantined"] == 3
    assert played.verdict().findings == ()


def test_a_late_hold_and_those_of_a_place_that_opens_agree() -> None:
    """By the clock of the body: the one is too old to tell, the others are never."""
    played = opened(hold_time="updated_at")
    hold = "stock.placed_on_hold"
    for number, days in ((1, 0), (2, 20), (3, -1)):
        at = {"updated_at": (BEGINS + timedelta(days=days)).isoformat()}
        played.now = BEGINS + timedelta(days=max(days, 0), hours=1 + number)
        played.deliver(hold, body(number, "CUP", stock_id=number, **at), "CUP")
    early = {"updated_at": OPENS.isoformat(), "warehouse": {"code": "YORK"}}
    played.deliver(hold, body(4, "CUP", "2", stock_id=4, **early), "CUP")
    played.run()
    played.open("NPK,YORK,CUP,10,,\nNPK,YORK,CUP,,5,4\n")
    played.run()

    assert played.mark().fields["counts"]["too_old"] == 1
    assert [level["held"] for level in played.card("CUP").fields["levels"]] == ["6"]
    assert played.verdict().findings == ()


@pytest.mark.parametrize("is_rebuilt", [False, True])
def test_a_second_site_opens_after_what_its_skus_remember(*, is_rebuilt: bool) -> None:
    """Its opening and what waited for it apply, a repeat among them once, however long ago."""
    played = opened()
    for number in range(30):
        at = {"created_at": played.now.isoformat()}
        played.deliver("stock.received", body(number, "CUP", **at), "CUP")
        played.now += timedelta(days=1)
    for number in (100, 101, 100):
        york = {"warehouse": {"code": "YORK"}}
        played.deliver("stock.dispatched", body(number, "CUP", "2", **york), "CUP")
    played.run()
    played.open("NPK,YORK,CUP,10,,\n")
    played.run()
    if is_rebuilt:
        lose_changelogs(played)
        rebuild(played)

    assert [level["on_hand"] for level in played.card("CUP").fields["levels"]] == ["30", "6"]
    counts = played.mark().fields["counts"]
    assert (counts["repeated"], counts.get("too_old")) == (1, None)
    assert played.verdict().findings == ()


def held(played: Played) -> str:
    return played.card("MUG").fields["levels"][0]["held"]


def begun_with_other(played: Played) -> None:
    """Have the settings hold the other chart's rows, as after `stock chart apply` of them."""
    rows = [{"text": "damag", "category": "breakage"}]
    played.settings = played.settings.model_copy(
        update={"phrase": Settings.model_validate({"phrase": rows}).phrase}
    )
    assert chart_of(played.settings) == OTHER
