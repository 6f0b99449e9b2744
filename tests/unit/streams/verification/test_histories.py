"""Histories of which the lane and the verification once made different figures."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.chart import DEFAULT_CHART, Reason
from ledger.holds import Place
from streams.topics import JOURNAL
from tests.support.played import Played, body
from tests.support.rebuilding import lose_changelogs, rebuild

WET = replace(DEFAULT_CHART, reasons=(Reason("WET", "damage"),))


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
