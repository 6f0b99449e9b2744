"""The table of fates: complete, and true of what translate does with each event."""

import pytest

from streams.clarus.fates import FATES, HEADER_FATES, Completes, Event, Kept, Moves, WithoutEffect
from tests.support.records import adjusted, delivered, on_hold, order, receipt, transfer, translated

# The vendor's published list of triggers, written down a second time: what is in only one of the
# two was forgotten in the other.
PUBLISHED = {
    "goods_out": ("created", "completed", "updated", "processed", "cancelled"),
    "goods_in": ("created", "completed", "cancelled", "moved_to_part"),
    "goods_out_pick_list": ("created", "completed", "cancelled", "picked"),
    "stock": (
        *("positively_adjusted", "negatively_adjusted", "placed_on_hold", "released_from_hold"),
        *("received", "unreceived", "dispatched", "undispatched", "account_transferred", "picked"),
    ),
    "stock_balance": ("updated",),
    "putaway_task": ("completed",),
    "load_drop": ("dispatched",),
    "invoice": ("submitted", "authorised", "paid"),
    "failure_event_log": ("created",),
    "ftp_file": ("uploaded",),
    "ftp_import": ("failed",),
    "daily_schedule": ("triggered",),
    "weekly_schedule": ("triggered",),
    "monthly_schedule": ("triggered",),
    "one_time_schedule": ("triggered",),
}
EVENTS = [(resource, event) for resource, events in PUBLISHED.items() for event in events]
# By event, what one delivery of it must count; every other event is held or without effect.
MOVING = {
    "positively_adjusted": "adjusted_up",
    "negatively_adjusted": "adjusted_down",
    "placed_on_hold": "held",
    "released_from_hold": "released",
    "received": "received",
    "unreceived": "unreceived",
    "dispatched": "dispatched",
    "undispatched": "undispatched",
}
HELD_RESOURCES = ("goods_out", "goods_in", "goods_out_pick_list")


def _body(resource: str, event: str) -> dict[str, object]:
    if resource in ("goods_out", "goods_out_pick_list"):
        return order()
    if resource == "goods_in":
        return receipt()
    if event == "account_transferred":
        return transfer()
    return on_hold() if event in ("placed_on_hold", "released_from_hold") else adjusted()


def test_every_published_event_has_a_fate() -> None:
    """No event of the vendor's list is forgotten, and none is invented."""
    assert set(EVENTS) == set(FATES)
    assert set(EVENTS) == set(HEADER_FATES)


@pytest.mark.parametrize(("resource", "event"), EVENTS)
def test_every_event_meets_its_fate(resource: str, event: str) -> None:
    """One delivery of each event counts as what the table says, and nothing else."""
    said = translated([delivered(f"{resource}.{event}", _body(resource, event))])

    if resource == "stock" and event in MOVING:
        assert said.fates == {"movement": 1}
        assert [MOVING[event]] == [movement.kind.value for movement in said.movements]
    elif event == "account_transferred":
        assert said.fates == {"movement": 1}
        assert sorted(m.kind.value for m in said.movements) == ["account_in", "account_out"]
    elif resource in HELD_RESOURCES:
        assert said.fates == {"held": 1}
        assert [(resource, event)] == [(held.resource, held.event) for held in said.held]
    else:
        assert said.fates == {"without_effect": 1}
        assert not said.cut.outputs


@pytest.mark.parametrize("fate", {*FATES.values(), *HEADER_FATES.values()})
def test_what_has_no_effect_says_why(fate: object) -> None:
    """A reason is a sentence a person understands."""
    if isinstance(fate, WithoutEffect):
        assert len(fate.reason.split()) >= 4


@pytest.mark.parametrize(
    ("event", "fate"),
    [
        ("stock.received", "without_effect"),
        ("stock.unreceived", "without_effect"),
        ("stock.dispatched", "without_effect"),
        ("stock.undispatched", "without_effect"),
        ("stock.negatively_adjusted", "movement"),
        ("stock.placed_on_hold", "movement"),
        ("goods_in.completed", "movement"),
        ("goods_out.completed", "movement"),
        ("goods_out.created", "held"),
    ],
)
def test_header_feed_moves_stock_once(event: str, fate: str) -> None:
    """A tenant of header events: documents move stock, and their twins among stock.* do not."""
    resource, _, name = event.partition(".")
    said = translated([delivered(event, _body(resource, name))], feed="headers")

    assert {fate: 1} == said.fates


def test_one_feed_counts_goods_once() -> None:
    """Of two events that tell of the same goods, exactly one moves stock, in either feed."""
    twins: list[tuple[Event, Event]] = [
        (("stock", "received"), ("goods_in", "completed")),
        (("stock", "dispatched"), ("goods_out", "completed")),
    ]

    for of_stock, of_header in twins:
        assert isinstance(FATES[of_stock], Moves)
        assert isinstance(FATES[of_header], Kept)
        assert isinstance(HEADER_FATES[of_stock], WithoutEffect)
        assert isinstance(HEADER_FATES[of_header], Completes)


@pytest.mark.parametrize(
    "event", ["stock.teleported", "pallet.created", "stock.", ".received", "."]
)
def test_unknown_event_is_kept_for_a_person(event: str) -> None:
    """What nobody documented is quarantined, whatever its body."""
    said = translated([delivered(event, adjusted())])

    assert said.fates == {"quarantined": 1}
