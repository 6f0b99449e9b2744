"""The whole stand-in without a door: the same seed, the truth, and what a customer writes."""

import csv
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.sandbox import SHIPPED_DAYS, Faults, Level, Sandbox, Scenario, StockPlace
from streams.sandbox.cases import NO_COST
from streams.sandbox.letters import Delivery
from streams.sandbox.tenant import FOREIGN, SITES
from streams.settings import Settings

INWARD = {"received", "undispatched", "positively_adjusted"}
OUTWARD = {"unreceived", "dispatched", "negatively_adjusted"}
SHORT_DAY = Scenario(days=SHIPPED_DAYS[:1], orders_max=3)
Levels = dict[tuple[str, str, str], float]


def sandbox(faults: Faults | None = None, seed: int = 1) -> Sandbox:
    return Sandbox(
        Scenario(days=SHIPPED_DAYS[:1], orders_max=3, seed=seed, faults=faults or Faults())
    )


class Fold:
    """A little ledger of its own: it reads bodies and the opening file, and nothing else."""

    def __init__(self, opening: Path, opens_at: str) -> None:
        self.on_hand: Counter[StockPlace] = Counter()
        self.held: dict[int, tuple[StockPlace, float]] = {}
        self._opens_at = opens_at
        for row in csv.DictReader(opening.read_text().splitlines()):
            place = StockPlace(row["account"], SITES[row["site"]], row["sku"])
            if row["stock_record"]:
                self.held[int(row["stock_record"])] = (place, float(row["held"]))
            else:
                self.on_hand[place] += int(1000 * float(row["on_hand"]))

    def take(self, delivery: Delivery) -> None:
        resource, event = delivery.event
        body = orjson.loads(delivery.body)
        if resource != "stock" or body.get("created_at", "") < self._opens_at:
            return
        if event == "account_transferred":
            self._move(body["transaction_source"], -1)
            self._move(body["transaction_target"], 1)
        elif event in INWARD | OUTWARD:
            self._move(body, 1 if event in INWARD else -1)
            self._leave(body, event)
        elif event == "placed_on_hold":
            self.held[body["id"]] = (self._place(body), body["quantity"])
        elif event == "released_from_hold":
            self.held.pop(body["id"])

    def levels(self) -> dict[StockPlace, Level]:
        held: Counter[StockPlace] = Counter()
        for place, units in self.held.values():
            held[place] += int(1000 * units)
        return {
            place: Level(self.on_hand[place], held[place])
            for place in self.on_hand.keys() | held.keys()
            if place.account != FOREIGN and (self.on_hand[place] or held[place])
        }

    def _move(self, body: dict[str, Any], sign: int) -> None:
        self.on_hand[self._place(body)] += sign * int(1000 * body["quantity"])

    def _leave(self, body: dict[str, Any], event: str) -> None:
        """Take what leaves off its held record; if none is named, off what is held there."""
        if event not in OUTWARD:
            return
        records = [body["stock_id"]] if "stock_id" in body else list(self.held)
        for record in self.held.keys() & set(records):
            place, units = self.held[record]
            if place == self._place(body):
                self.held[record] = (place, units - body["quantity"])

    def _place(self, body: dict[str, Any]) -> StockPlace:
        site = SITES[body["warehouse"]["code"]]
        return StockPlace(body["account"]["code"], site, body["product"]["code"])


@pytest.mark.parametrize("seed", [1, 2])
def test_the_truth_is_what_a_little_fold_of_the_bodies_comes_to(tmp_path: Path, seed: int) -> None:
    """Opening and events of a day without faults add up to what stands in the warehouses."""
    played = sandbox(seed=seed)
    played.write_opening(tmp_path / "opening.csv")
    fold = Fold(tmp_path / "opening.csv", played.opens_at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    for delivery in played.deliveries():
        fold.take(delivery)
    truth = played.truth()

    assert truth.levels == fold.levels()
    assert truth.levels == truth.told
    assert any(level.held_milli for level in truth.levels.values())


def test_a_level_falls_below_zero_where_goods_in_is_told_late(tmp_path: Path) -> None:
    """As in life; at the end it is what stands there."""
    played = sandbox(Faults())
    played.write_opening(tmp_path / "opening.csv")
    fold = Fold(tmp_path / "opening.csv", played.opens_at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    lowest = 0
    for delivery in played.deliveries():
        fold.take(delivery)
        lowest = min(lowest, *fold.on_hand.values())

    assert played.truth().sent["late"] > 0
    assert lowest < 0
    assert min(fold.on_hand.values()) == 0


def test_the_same_scenario_gives_the_same_bytes() -> None:
    """And so the same truth, the same products and the same opening."""
    one, again = (sandbox(Faults.of_the_demo()) for _ in range(2))

    assert one.opening_rows() == again.opening_rows()
    assert one.products() == again.products()
    assert list(one.deliveries()) == list(again.deliveries())
    assert one.truth() == again.truth()


def test_what_was_never_told_is_missing_from_what_was_told() -> None:
    """The truth names what was lost, and the levels differ by just that."""
    played = sandbox(Faults(lost_share=0.05))
    lost = {d.webhook.name for d in played.deliveries() if d.webhook}
    truth = played.truth()

    assert truth.lost
    assert not lost & set(truth.lost)
    assert truth.levels != truth.told


def test_what_was_lost_before_the_opening_is_in_the_position() -> None:
    """Where nothing but holds is told, the levels told of are those of the opening."""
    played = sandbox(Faults(lost_share=1.0))
    told_all_the_same = {
        webhook.sku for d in played.deliveries() for webhook in d.webhooks if webhook.moves
    }
    opened = {row.place: row.on_hand_milli for row in played.opening_rows() if row.on_hand_milli}
    told = {place: level.on_hand_milli for place, level in played.truth().told.items()}

    assert {p: q for p, q in opened.items() if p.sku not in told_all_the_same} == {
        p: q for p, q in told.items() if p.sku not in told_all_the_same
    }
    assert any(":" in name for name in played.truth().lost)


def test_some_happens_before_the_opening_and_some_waits_for_it() -> None:
    """Webhooks are on before the export, and the export is loaded a while after it was taken."""
    played = sandbox()
    early = [d.webhook for d in played.deliveries(played.loads_at) if d.webhook]
    moving = [webhook for webhook in early if webhook.is_movement]

    assert any(webhook.at < played.opens_at for webhook in moving)
    assert any(webhook.at >= played.opens_at for webhook in moving)
    assert all(d.due > played.loads_at for d in played.deliveries())


def test_the_tenants_file_is_one_the_program_takes(tmp_path: Path) -> None:
    """What `stock_toml` writes are settings, with two accounts and two sites."""
    settings = Settings(**tomllib.loads(sandbox().stock_toml()), home=tmp_path)

    assert (len(settings.clarus.accounts), len(settings.clarus.sites)) == (2, 2)
    assert any(account.isdigit() for account in settings.clarus.accounts)
    assert settings.reason


def test_what_never_had_a_price_has_no_cost() -> None:
    """All else costs a stated share of its price, to the ten-thousandth of a penny."""
    costs = {product.sku: product.unit_cost_e4 for product in sandbox().products()}

    assert costs[NO_COST] is None
    assert costs["22423"] == 7_012_500  # 55 % of £12.75
    assert "POST" not in costs


@pytest.mark.parametrize(("orders_max", "lines"), [(3, None), (None, 2_492)])
def test_the_lines_counted_are_those_played(orders_max: int | None, lines: int | None) -> None:
    """Of a day of three orders their lines alone; an invoice is one order, charges or not."""
    played = Sandbox(Scenario(days=SHIPPED_DAYS[:1], orders_max=orders_max))
    entered = [d.body for d in played.deliveries() if d.event == ("goods_out", "created")]
    orders = [order for order in map(orjson.loads, entered) if order["reference"].isdigit()]
    retail = played.truth().retail
    sorts = [retail.get(sort, 0) for sort in ("sales", "returns", "adjustments", "charges")]

    assert len({order["reference"] for order in orders}) == len(orders) == (orders_max or 75)
    assert sum(len(order["lines"]) for order in orders) == retail["sales"]
    assert sum(sorts) == retail["lines"] == (lines or retail["lines"])
    assert retail["adjustments"] == 29


def test_every_documented_kind_of_stock_event_is_played() -> None:
    """A short day with its cases leaves none of them out."""
    told = {".".join(delivery.event) for delivery in sandbox().deliveries()}
    stock = INWARD | OUTWARD | {"placed_on_hold", "released_from_hold", "account_transferred"}

    assert {f"stock.{event}" for event in stock | {"picked"}} <= told
    assert {"goods_in.completed", "goods_out.completed", "putaway_task.completed"} <= told
