"""The end of a playing: what stands in the warehouses, and what was told of it."""

from collections import Counter
from collections.abc import Mapping

from streams.sandbox.playing import Playing
from streams.sandbox.tally import Tally
from streams.sandbox.truth import Level, StockPlace, Truth

CALLED = ("retries", "refused", "unsure")


def truth_of(
    playing: Playing, tally: Tally, called: Counter[str], costs: Mapping[str, int | None]
) -> Truth:
    """Return the truth as it is now; `called` counts what became of the calls."""
    mail, levels, outcomes = playing.mail, playing.levels(), tally.outcomes
    without_cost = sum(
        row.on_hand_milli is not None and costs.get(row.place.sku) is None
        for row in playing.opening
    )
    return Truth(
        levels=levels,
        told=_told(levels, playing),
        sent={**mail.counts, **{name: called[name] for name in CALLED}},
        events=dict(sorted(tally.events.items())),
        fates=dict(tally.fates),
        outcomes={
            **outcomes,
            "applied": outcomes["applied"] + len(playing.opening),
            "parked": outcomes["parked"] + without_cost,
        },
        opening_rows=len(playing.opening),
        retail={**playing.retailer.counts, **playing.staff.counts},
        lost=tuple(webhook.name for webhook in mail.lost),
        conflicting=tuple(mail.conflicting),
        poison=dict(tally.poison),
    )


def _told(levels: Mapping[StockPlace, Level], playing: Playing) -> dict[StockPlace, Level]:
    """Return the levels less what was never told; held never exceeds what is on hand.

    What happened before the opening is in the position itself, told or not.
    """
    told = dict(levels)
    for webhook in playing.mail.lost:
        counts = webhook.moves if webhook.at >= playing.opens_at else ()
        for place, milli in counts:
            level = told.get(place, Level())
            on_hand = level.on_hand_milli - milli
            held = max(0, min(on_hand, level.held_milli))
            told[place] = Level(on_hand, held)
    return {place: level for place, level in told.items() if level != Level()}
