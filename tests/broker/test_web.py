"""The table pages of two real workers: any of them answers for both, while one is gone too.

Not covered: that only committed values are shown (the engine's tests).
"""

import asyncio
import signal
from pathlib import Path
from urllib.parse import quote

from streams.broker import LocalKafka
from tests.support.kafka import eventually
from tests.support.system import PARTITIONS, Role, System
from tests.support.webs import Page, get

TOML = """
[clarus]
accounts = ["NPK"]

[engine]
session_timeout_ms = 10000
"""
SKUS = ["A/B", "A B", "%", "..", "é", *(f"SKU-{number}" for number in range(15))]
FIGURES = {
    "stock_cards",
    "stock_cut_records",
    "stock_cut_seconds",
    "stock_fates_total",
    "stock_lag_records",
    "stock_lanes_ready",
    "stock_recovery_seconds",
    "stock_standing_movements",
}
SHARED_WITHIN_S = 60.0
TAKEN_OVER_WITHIN_S = 60.0


async def test_any_worker_answers_for_all(own_kafka: LocalKafka, tmp_path: Path) -> None:
    """A card from either, the list from both; a frozen owner is named, a dead one replaced."""
    await asyncio.to_thread(own_kafka.start)
    async with System(own_kafka.bootstrap, tmp_path / "system", TOML) as system:
        both = [system.start_worker(), system.start_worker()]
        await _load_opening(system)
        await eventually(lambda: _share_all(both), SHARED_WITHIN_S)
        await _show_every_card(both)
        await _name_what_a_frozen_worker_has(*both)
        await _take_over_from_a_dead_worker(*both)


async def _load_opening(system: System) -> None:
    rows = [f'NPK,LEEDS,"{sku}",{number},,' for number, sku in enumerate(SKUS, start=1)]
    file = system.folder / "opening.csv"
    file.write_text("\n".join(["account,site,sku,on_hand,stock_record,held", *rows]) + "\n")
    await system.command("opening", "load", str(file), "--at", "2026-07-03T06:00:00Z")


async def _share_all(workers: list[Role]) -> bool:
    pages = [await _page(worker, "/readyz") for worker in workers]
    lists = [await _page(worker, "/table/stock/") for worker in workers]
    owned = [len(page.facts["partitions"]) for page in pages if page.status == 200]
    return owned == [PARTITIONS // 2] * 2 and all(
        page.status == 200 and len(page.facts["cards"]) == len(SKUS) for page in lists
    )


async def _show_every_card(workers: list[Role]) -> None:
    for number, sku in enumerate(SKUS, start=1):
        one, other = [
            (await _page(worker, f"/table/stock/{quote(sku, safe='')}")).facts for worker in workers
        ]

        assert one == other
        assert one["sku"] == sku
        assert one["levels"] == [
            {"account": "NPK", "site": "LEEDS", "on_hand": str(number), "held": "0"}
        ]
    assert (await _page(workers[0], "/table/stock/NOBODY")).status == 404
    for path in ("/", "/graph", "/stats/", "/router/", "/table/other/"):  # Faust's own are off
        assert (await _page(workers[0], path)).status == 404
    await _show_figures(workers[1])


async def _show_figures(worker: Role) -> None:
    figures = (await _page(worker, "/metrics")).text
    families = {line.split()[2] for line in figures.splitlines() if line.startswith("# TYPE ")}

    assert 'stock_fates_total{agent="keep_stock",fate="applied",partition="' in figures
    assert {name for name in families if name.startswith("stock_")} >= FIGURES
    assert "SKU-" not in figures


async def _name_what_a_frozen_worker_has(asked: Role, frozen: Role) -> None:
    frozen.process.send_signal(signal.SIGSTOP)
    page = await _page(asked, "/table/stock/")
    (lack,) = page.facts["lacks"]

    assert page.status == 206
    assert (lack["worker"], lack["reason"]) == (frozen.url, "no answer within 3 s")
    assert lack["partition"] not in {row["partition"] for row in page.facts["cards"]}


async def _take_over_from_a_dead_worker(asked: Role, dead: Role) -> None:
    dead.process.kill()

    async def has_all() -> bool:
        page = await _page(asked, "/table/stock/")
        return page.status == 200 and len(page.facts["cards"]) == len(SKUS)

    await eventually(has_all, TAKEN_OVER_WITHIN_S)


async def _page(worker: Role, path: str) -> Page:
    try:
        return await get(worker.url, path, {})
    except ConnectionError:
        return Page(0, {}, "{}")
