"""A short day of the sandbox through door, translate and keep_stock on a real Kafka.

Not covered here: kills, restarts and more workers (see the faults), and the books.
"""

import asyncio
from collections import Counter
from functools import partial
from pathlib import Path
from urllib.parse import quote

from streams.broker import LocalKafka
from streams.sandbox import (
    SHIPPED_DAYS,
    Faults,
    Level,
    Sandbox,
    Scenario,
    StockPlace,
    Truth,
    send_products,
)
from streams.sandbox.poison import KINDS
from tables.cards import parse_card
from tests.support.kafka import eventually
from tests.support.system import SECRET, Role, System

SETTLED_WITHIN_S = 60.0
SHOWN_WITHIN_S = 30.0
BAD_DAY = Faults(
    duplicates_share=0.1,
    reordered_share=0.1,
    delayed_share=0.05,
    dropped_share=0.02,
    answers_lost_share=0.05,
    lost_share=0.02,
    conflicts=8,
    poison=40,  # each kind once
    numbers_as_text_share=0.2,
    enveloped_share=0.2,
    flat_share=0.2,
    arrays_share=0.3,
)


async def test_a_bad_day_ends_with_the_warehouses_own_levels(
    own_kafka: LocalKafka, tmp_path: Path
) -> None:
    """Every level is the one Clarus told of, and every fate is counted exactly once."""
    sandbox = Sandbox(Scenario(days=SHIPPED_DAYS[:1], orders_max=1, faults=BAD_DAY))
    await asyncio.to_thread(own_kafka.start)
    folder = tmp_path / "system"
    async with System(own_kafka.bootstrap, folder, sandbox.stock_toml()) as system:
        door, worker = system.start_door(), system.start_worker()
        await send_products(system.settings, sandbox.products())
        await system.ready(door)
        await sandbox.play(door.url, SECRET, until=sandbox.loads_at)
        sandbox.write_opening(folder / "opening.csv")
        at = sandbox.opens_at.isoformat()
        await system.command("opening", "load", str(folder / "opening.csv"), "--at", at)
        await sandbox.play(door.url, SECRET)
        truth = sandbox.truth()
        counts = await until_settled(system, truth)

        assert truth.fates == {fate: counts[fate] for fate in truth.fates}
        assert truth.outcomes == {fate: counts[fate] for fate in truth.outcomes}
        assert truth.told == await levels(system)
        assert {kind.kind: kind.fate for kind in KINDS} == truth.poison
        await check_pages(system, worker)


async def until_settled(system: System, truth: Truth) -> Counter[str]:
    """Wait until the lanes have taken as many deliveries and movements as there are."""
    movements = truth.fates["movements"] + truth.opening_rows

    async def is_so() -> Counter[str] | None:
        counts = await system.counts()
        fates = ("applied", "repeated", "conflict", "too_old", "before_opening", "quarantined")
        taken = sum(counts[fate] for fate in fates) - truth.fates["quarantined"]
        is_all = counts["deliveries"] >= truth.fates["deliveries"] and taken >= movements
        return counts if is_all else None

    counts = await eventually(is_so, SETTLED_WITHIN_S)
    assert counts is not None
    return counts


async def levels(system: System) -> dict[StockPlace, Level]:
    """Return the levels that the stock table holds; those of nothing left out."""
    found: dict[StockPlace, Level] = {}
    for key, value in (await system.changelog()).items():
        if key.startswith(b"\x00"):
            continue
        card = parse_card(value)
        for place, on_hand in card.on_hand.items():
            level = Level(on_hand, card.held_milli(place))
            if level != Level():
                found[StockPlace(place.account, place.site, card.sku)] = level
    return found


async def check_pages(system: System, worker: Role) -> None:
    """Hold a worker's page for a code with a space, a slash and a percent sign against life.

    A worker shows a card once its transaction is settled, a moment after Kafka shows it.
    """
    await system.ready(worker)
    for sku in ("MUG BLUE 350", "A/B 100%"):
        path = f"/table/stock/{quote(sku, safe='')}"
        await eventually(partial(_is_shown, system, worker, path, sku), SHOWN_WITHIN_S)


async def _is_shown(system: System, worker: Role, path: str, sku: str) -> bool:
    try:
        return sku in str(await system.get(worker, path))
    except AssertionError:
        return False
