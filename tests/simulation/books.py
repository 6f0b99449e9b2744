"""The books of a universe: an entry for each movement, pools that tie, and every price."""

from collections import Counter
from dataclasses import replace

from streams.topics import JOURNAL, PRODUCTS
from tests.simulation.expected import Expected, Moved, Said, loads, milli
from tests.simulation.found import Found
from tests.simulation.kafka import Kafka
from tests.simulation.law import hold_same, hold_true
from tests.simulation.prices import Journal, check_prices


def check_books(kafka: Kafka, all_expected: list[Expected], all_found: list[Found]) -> None:
    """Hold the journal against the movements, the cards and the costs."""
    entries, products = (
        [loads(record) for record in kafka.all_of(topic.name)] for topic in (JOURNAL, PRODUCTS)
    )
    journal = Journal(entries, products)
    _check_entries(journal, all_expected, all_found)
    _check_pools(journal, all_expected, all_found)
    check_prices(journal, all_expected)


def _check_entries(journal: Journal, all_expected: list[Expected], all_found: list[Found]) -> None:
    """Hold each applied movement to its one entry, or to be parked as long as it has no cost."""
    ids = Counter(entry["entry_id"] for entry in journal.entries)
    twice = [entry_id for entry_id, times in ids.items() if times > 1]
    hold_true(not twice, f"effect once: {twice[:1]} stands twice in the journal")
    of_movements = [entry for entry in journal.entries if entry["movement_id"]]
    drawn = [entry["entry_id"] for entry in of_movements if not _is_computed(entry)]
    hold_true(not drawn, f"effect once: {drawn[:1]} is not computed from its movement")
    parked = _without_cost(journal, all_expected)
    hold_same("parked", parked, {at: own for each in all_found for at, own in each.parked.items()})
    expected = {
        source: replace(moved, milli=moved.milli or 0)
        for each in all_expected
        for source, moved in each.applied.items()
        if source not in parked
    }
    entered = {
        entry["source"]: Moved(entry["movement_id"], entry["sku"], milli(entry["quantity"]))
        for entry in of_movements
    }
    hold_same("entries", expected, entered)


def _without_cost(journal: Journal, all_expected: list[Expected]) -> dict[str, Moved]:
    """Return what can have no entry: it changes a value, and Khaos told no cost of its SKU."""
    valued = {said["sku"] for said in journal.products if said["unit_cost_pence"]}
    return {
        source: moved
        for each in all_expected
        for source, moved in each.applied.items()
        if moved.milli is not None and moved.sku not in valued
    }


def _check_pools(journal: Journal, all_expected: list[Expected], all_found: list[Found]) -> None:
    """Hold the pools to be what the journal says, and what is on hand less what is parked."""
    pools = {
        card["sku"]: (milli(card["pool"]["units"]), card["pool"]["pence"])
        for found in all_found
        for card in found.cards
    }
    pence: Counter[str] = Counter()
    for entry in journal.entries:
        legs = entry["postings"]
        rest = sum(p["debit_pence"] - p["credit_pence"] for p in legs)
        hold_true(rest == 0, f"balance: {entry['entry_id']} is {rest} off")
        pence[entry["sku"]] += sum(
            p["debit_pence"] - p["credit_pence"] for p in legs if p["account"] == "stock"
        )
    units: Counter[str] = Counter()
    for (sku, *_), on_hand in (shelf for each in all_expected for shelf in each.on_hand.items()):
        units[sku] += on_hand
    for parked in (own for found in all_found for own in found.parked.values()):
        units[parked.sku] -= parked.milli or 0
    skus = pools.keys() | pence.keys() | units.keys()
    hold_same("tie", {sku: (units[sku], pence[sku]) for sku in skus}, pools)


def _is_computed(entry: Said) -> bool:
    return entry["entry_id"] == f"entry:{entry['movement_id']}"
