"""`stock verify` of a system that goes on meanwhile: what is entered after its mark is no finding.

Changelogs are read first, and the mark in them is the moment that is judged; everything else is
read to an end that lies after it.
"""

from collections.abc import Callable
from typing import Any

import pytest

from ledger.chart import DEFAULT_CHART
from ledger.holds import Place
from streams.topics import EXCEPTIONS, JOURNAL, MOVEMENTS
from tests.support.played import MAPPED, Played, body, moment_of

YORK: dict[str, Any] = {"warehouse": {"code": "YORK"}}
Happens = Callable[[Played], None]


def opened() -> Played:
    """Return a log of one partition whose NPK at LEEDS is open, and empty; YORK waits."""
    played = Played(1)
    played.open("", Place("NPK", "LEEDS"))
    played.run()
    return played


def told(played: Played, *numbers: int, **said: Any) -> None:
    for number in numbers:
        found = body(number, "CUP", str(number), **said)
        played.deliver("stock.positively_adjusted", found, "CUP")
    played.run()


def cost_told(played: Played) -> None:
    played.cost("CUP", 1, 15_000)


def mapped(played: Played) -> None:
    played.chart(MAPPED)


def york_opened(played: Played) -> None:
    played.open("", Place("NPK", "YORK"))


def told_otherwise(played: Played) -> None:
    """Have one id wait with two contents."""
    told(played, 1, **YORK)
    played.deliver("stock.positively_adjusted", body(1, "CUP", "5", **YORK), "CUP")
    played.run()


def told_with_a_cost(played: Played, **said: Any) -> None:
    cost_told(played)
    told(played, 1, 2, **said)


def told_without_a_cost(played: Played) -> None:
    """Have Khaos know the SKU, and no cost of it."""
    played.cost("CUP", 1, None)
    told(played, 1)


CASES: dict[str, tuple[Happens, tuple[Happens, ...], int]] = {
    # what there was at the mark, what happens after it, and how many entries that makes
    "a cost": (lambda p: told(p, 1, 2), (cost_told,), 2),
    "a cost told anew": (told_without_a_cost, (lambda p: p.cost("CUP", 2, 15_000),), 1),
    "a mapping": (lambda p: told_with_a_cost(p, reason_code="WET"), (mapped,), 2),
    "a mapping, then a cost": (lambda p: told(p, 1, reason_code="WET"), (mapped, cost_told), 1),
    "a mapping alone": (lambda p: told(p, 1, reason_code="WET"), (mapped,), 0),
    "an opening": (lambda p: told_with_a_cost(p, **YORK), (york_opened,), 2),
    "an opening without a cost": (lambda p: told(p, 1, **YORK), (york_opened,), 0),
    "an opening, then a cost": (lambda p: told(p, 1, **YORK), (york_opened, cost_told), 1),
    "an opening of a new code": (
        lambda p: told(p, 1, reason_code="WET", **YORK),
        (york_opened,),
        0,
    ),
    "an opening of a conflict": (told_otherwise, (york_opened,), 0),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_settled_after_the_mark_is_newer(name: str) -> None:
    """The entry of what was parked or waited cites its old place, and is no finding for that."""
    before, after, entries = CASES[name]
    played = opened()
    before(played)
    begun = moment_of(played)
    already = len(played.records(JOURNAL.name))
    for happens in after:
        happens(played)
        played.run()
    assert len(played.records(JOURNAL.name)) - already == entries

    verdict = played.verdict(begun)

    assert [str(finding) for finding in verdict.findings] == []
    assert verdict.newer >= entries
    assert played.verdict().findings == ()


def entered_all_the_same(played: Played, **said: object) -> None:
    """Copy the first entry to where the last movement stands."""
    at = played.records(MOVEMENTS.name)[-1].offset
    first = played.sent(JOURNAL.name)
    played.copy(first, source=f"{MOVEMENTS.name}/0/{at}", **said)


def test_what_is_parked_for_its_cost_and_entered_at_an_older_one_is_found() -> None:
    """No cost that came after the mark is in it: it was written before."""
    played = opened()
    cost_told(played)
    told(played, 1)
    played.cost("CUP", 2, None)
    told(played, 2)
    entered_all_the_same(played)

    assert "it is parked, and has an entry" in {each.what for each in played.verdict().findings}


def test_what_is_parked_for_its_mapping_and_entered_by_the_chart_in_force_is_found() -> None:
    """No chart that came after the mark is in it: it was written before."""
    played = opened()
    cost_told(played)
    told(played, 1)
    told(played, 2, reason_code="WET")
    assert played.sent(JOURNAL.name).fields["rules"] == DEFAULT_CHART.rules
    entered_all_the_same(played)

    assert "it is parked, and has an entry" in {each.what for each in played.verdict().findings}


def test_what_waits_and_was_entered_by_the_mark_is_found_by_its_count() -> None:
    """An entry cites nothing of an opening; the mark knows how many the lane had written."""
    played = opened()
    cost_told(played)
    told(played, 1)
    told(played, 2, **YORK)
    entered_all_the_same(played)
    mark = played.mark()
    mark.change(counts={**mark.fields["counts"], "entries": 2})

    (finding,) = played.verdict().findings
    assert finding.what == "the mark counts 2 entries, the log holds 1"


def test_an_exception_that_nothing_stands_behind_is_found_while_others_wait() -> None:
    """Only what is said of the waiting movement itself is newer."""
    played = opened()
    told(played, 1, **YORK)
    told(played, 2)
    raised = played.sent(EXCEPTIONS.name)
    raised.key = b"E03:JUG"
    raised.change(exception_id="E03:JUG", sku="JUG")

    said = {each.what for each in played.verdict().findings}
    assert said == {
        "nobody raised E03:CUP",
        "E03:JUG is raised, and nothing stands behind it",
    }
