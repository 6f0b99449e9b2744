"""`stock verify` agrees with the real folds on whatever may happen, and misses nothing lost."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.chart import DEFAULT_CHART, Reason
from ledger.holds import Place
from streams.topics import JOURNAL, STOCK_CHANGELOG
from tests.support.played import HAPPENS, MAPPED, OPENS, Played, body
from tests.support.rebuilding import lose_changelogs, rebuild

EVENTS = (
    "received",
    "dispatched",
    "undispatched",
    "negatively_adjusted",
    "positively_adjusted",
    "placed_on_hold",
    "released_from_hold",
    "picked",
)
HELD_FIRST = {"damage": "held_first"}
SKUS = ("MUG", "JUG", "CUP")
TOLD = st.fixed_dictionaries(
    {
        "event": st.sampled_from(EVENTS),
        "number": st.integers(1, 12),  # few: ids repeat and conflict
        "quantity": st.sampled_from(("0.001", "0.5", "1", "3", "7")),
        "account": st.sampled_from(("NPK", "NPK", "OAK", "STRANGER")),
        "hours": st.integers(-60, 5),  # some before the opening
        "stock_id": st.sampled_from((None, None, 1, 2)),
        "reason_code": st.sampled_from((None, None, "WET", "NOBODY-MAPPED")),
        "description": st.sampled_from((None, "damaged", "out of date")),
    }
)
COST = st.tuples(
    st.sampled_from(SKUS),
    st.integers(1, 4),
    st.sampled_from((None, 0, 3_333, 12_345, 5_501_250)),
    st.booleans(),
)
WHATEVER = st.sampled_from(("run", "open OAK", "chart", "20 days"))
STEP = st.one_of(TOLD, TOLD, TOLD, TOLD, COST, WHATEVER)
# One after the other. None maps again what it mapped before and another had not: see decisions.md.
BROKEN = replace(MAPPED, reasons=(Reason("WET", "breakage"),))
CHARTS = (MAPPED, DEFAULT_CHART, BROKEN, DEFAULT_CHART)


def play(steps: list[Any], **clarus: Any) -> Played:
    """Return a log in which the steps were taken."""
    played = Played(**clarus)
    played.open("NPK,LEEDS,MUG,5,,\nNPK,LEEDS,MUG,,1,2\n")
    charts = iter(CHARTS)
    for step in (*steps, "run"):
        match step:
            case "run":
                played.run()
            case "open OAK":
                played.open("", Place("OAK", "LEEDS"))
            case "chart":
                played.chart(next(charts, DEFAULT_CHART))
            case "20 days":
                played.now += timedelta(days=20)
            case "rebuild":
                lose_changelogs(played)
                rebuild(played)
            case tuple():
                played.cost(step[0], step[1], step[2], saleable=step[3])
            case told:
                _tell(played, told)
    return played


def _tell(played: Played, told: dict[str, Any]) -> None:
    at = max(HAPPENS + timedelta(hours=told["hours"]), OPENS - timedelta(days=1))
    number = told["stock_id"] or 9 if told["event"].endswith("_hold") else told["number"]
    sku = SKUS[number % len(SKUS)]  # an id under two SKUs is a finding of its own
    said = body(
        number,
        sku,
        told["quantity"],
        account={"code": told["account"]},
        created_at=at.isoformat(),
        stock_id=told["stock_id"],
        reason_code=told["reason_code"],
        description=told["description"],
    )
    played.deliver(f"stock.{told['event']}", said, sku)


@given(st.lists(STEP, max_size=40))
@settings(max_examples=120, deadline=None)
def test_whatever_happens_agrees(steps: list[Any]) -> None:
    """The worker's arithmetic and the verification's come to the same, in every figure."""
    assert play(steps, no_record=HELD_FIRST).verdict().findings == ()


@given(st.lists(STEP, max_size=40), st.sampled_from(("created_at", "updated_at")))
@settings(max_examples=40, deadline=None)
def test_whatever_happens_agrees_by_the_clock_of_the_body(steps: list[Any], clock: str) -> None:
    """Holds ordered by the warehouse's clock come to the same too."""
    assert play(steps, hold_time=clock).verdict().findings == ()


@given(st.lists(st.one_of(STEP, STEP, STEP, st.just("rebuild")), max_size=40))
@settings(max_examples=40, deadline=None)
def test_whatever_happens_is_rebuilt(steps: list[Any]) -> None:
    """However often the changelogs are lost, what comes back agrees, and so does what comes on."""
    assert play([*steps, "run", "rebuild"], no_record=HELD_FIRST).verdict().findings == ()


@given(st.lists(STEP, min_size=5, max_size=40), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_whatever_is_lost_is_missed(steps: list[Any], random: Any) -> None:
    """No entry and no last card of a SKU can be taken away unseen."""
    played = play(steps)
    last = {r.key: r for r in played.records(STOCK_CHANGELOG.name) if r.key[:1] != b"\x00"}
    lost = random.choice([*played.records(JOURNAL.name), *last.values()])
    played.drop(lost)
    if lost.topic == STOCK_CHANGELOG.name:
        for older in [r for r in played.log[lost.topic, lost.partition] if r.key == lost.key]:
            played.drop(older)

    assert played.verdict().findings
