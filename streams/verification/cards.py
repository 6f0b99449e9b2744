"""A lane's cards and mark, held against what was reckoned from the log."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streams.topics import STOCK_CHANGELOG
from streams.verification.costs import Costs
from streams.verification.facts import moment
from streams.verification.findings import Findings
from streams.verification.image import PARKED, WAITING, Image
from streams.verification.levels import Levels, Stock
from streams.verification.numbers import cost_e4, milli, quantity_text
from streams.verification.pools import Pool

FATES = ("applied", "repeated", "conflict", "too_old", "before_opening", "quarantined", "controls")


@dataclass(slots=True)
class CardJudge:
    """What is said of one partition, and what must be."""

    partition: int
    image: Image
    levels: Levels
    costs: Costs
    findings: Findings

    def judge(self, pools: Mapping[str, Pool]) -> int:
        """Hold every card against its SKU's stock and pool; return how many were judged."""
        cards = self.image.cards()
        changed = {sku for sku, stock in self.levels.stock.items() if stock.changes}
        known = changed | self.costs.of_sku.keys()
        for sku in sorted(known - cards.keys()):
            self._find(sku, "it has movements or a product, but no card")
        for sku in sorted(cards.keys() - known):
            self._find(sku, "it has a card, but neither a movement applied nor a product")
        for sku in sorted(known & cards.keys()):
            stock = self.levels.stock.get(sku, Stock())
            try:
                self._judge_card(sku, cards[sku], stock, pools.get(sku, Pool()))
            except (KeyError, TypeError, ValueError) as error:
                self._find(sku, f"its card does not read: {error!r}")
        return len(cards)

    def _judge_card(self, sku: str, card: Mapping[str, Any], stock: Stock, pool: Pool) -> None:
        said = {
            (row["account"], row["site"]): (milli(row["on_hand"]), milli(row["held"]))
            for row in card["levels"]
        }
        for place in sorted(said.keys() | stock.on_hand.keys()):
            on_hand = stock.on_hand.get(place, 0)
            reckoned = on_hand, stock.held.at(place, on_hand)
            if place not in said:
                self._find(sku, f"its card has no level of {place[0]} at {place[1]}")
            elif place not in stock.on_hand:
                self._find(
                    sku, f"its card has a level of {place[0]} at {place[1]}, no movement has"
                )
            elif said[place] != reckoned:
                self._find(sku, _level_differs(place, said[place], reckoned))
        self._judge_pool(sku, card["pool"], pool)
        self._judge_memory(sku, card, stock)
        self._judge_product(sku, card)

    def _judge_pool(self, sku: str, said: Mapping[str, Any], pool: Pool) -> None:
        units, pence = milli(said["units"]), said["pence"]
        if (units, pence) != (pool.units, pool.pence):
            self._find(
                sku,
                f"its card's pool is {said['units']} units of {pence} pence, the journal's entries "
                f"make {quantity_text(pool.units)} of {pool.pence}",
            )
        if not units and pence:
            self._find(sku, f"no units are worth {pence} pence")

    def _judge_memory(self, sku: str, card: Mapping[str, Any], stock: Stock) -> None:
        if card["applied_offset"] != stock.reached:
            self._find(
                sku,
                f"its card was changed last at offset {card['applied_offset']}, its last movement "
                f"applied at {stock.reached}",
            )
        as_of = None if card["as_of"] is None else moment(card["as_of"])
        if (card["cause"], as_of) != (stock.cause, stock.as_of):
            self._find(
                sku, f"its card names {card['cause']} as its last movement, {stock.cause} is"
            )
        changes = stock.changes + self.costs.changes(sku)
        if card["version"] < changes:
            self._find(sku, f"version {card['version']} after {changes} changes")
        seen = card["seen"]
        until = seen["forgotten_until"]
        said = (
            None if until is None else moment(until),
            [(day, moment(newest), b64decode(facts)) for day, newest, facts in seen["chunks"]],
        )
        if said != (stock.identity.forgotten_until, stock.identity.packed()):
            self._find(sku, "its card remembers other movements than were applied")

    def _judge_product(self, sku: str, card: Mapping[str, Any]) -> None:
        latest = self.costs.latest(sku)
        product = card["product"]
        if latest is None or product is None:
            if latest is not product:
                self._find(sku, "its card's product and Khaos's last word differ")
            return
        unit = product["unit_cost_pence"]
        said = product["version"], None if unit is None else cost_e4(unit), product["saleable"]
        cost = latest.cost
        if said != (cost.version, cost.unit_e4, cost.saleable):
            self._find(sku, f"its card's product is {product}, version {cost.version} came last")
        if card["product_offset"] != latest.offset:
            self._find(sku, f"its product was read at {latest.offset}, its card says another place")

    def judge_mark(self, mark: Mapping[str, Any], journal_entries: int) -> None:
        """Hold the counts of every fate, and what stands, against what was reckoned."""
        reckoned = {fate: self.levels.counts[fate] for fate in FATES}
        reckoned |= {f: self.costs.counts[f] for f in ("products", "products_quarantined")}
        waiting = [number for own in self.levels.waiting.values() for number, _ in own]
        reckoned["waiting"] = len(waiting)
        reckoned["parked"] = len(self.image.keys(PARKED))
        reckoned["entries"] = journal_entries
        for fate, count in reckoned.items():
            said = mark["counts"].get(fate, 0)
            if said != count:
                self._find(None, f"the mark counts {said} {fate}, the log holds {count}")
        offsets = {self.levels.applied.offset[number] for number in waiting}
        if {int(key) for key in self.image.keys(WAITING)} != offsets:
            self._find(None, "other movements wait than those whose place is not open")
        opened = {(account, site): moment(at) for account, site, at in mark["state"]["openings"]}
        if opened != self.levels.opened:
            self._find(None, f"the mark has other openings than the log: {sorted(opened)}")
        in_force = self.levels.chart_since[-1][1] if self.levels.chart_since else None
        if mark["state"].get("rules") != in_force:
            self._find(None, f"the mark's chart is {mark['state'].get('rules')}, {in_force} counts")

    def _find(self, sku: str | None, what: str) -> None:
        self.findings.add(STOCK_CHANGELOG.name, self.partition, None, sku, what)


def _level_differs(place: tuple[str, str], said: tuple[int, int], is_so: tuple[int, int]) -> str:
    on_hand, held = map(quantity_text, said)
    wanted, wanted_held = map(quantity_text, is_so)
    return (
        f"its card has {on_hand} on hand and {held} held of {place[0]} at {place[1]}, "
        f"its movements make {wanted} and {wanted_held}"
    )
