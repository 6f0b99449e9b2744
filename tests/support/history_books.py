"""The books of a history: entries that balance, one for each movement, and pools that tie."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal

from streams.topics import JOURNAL, KEEP_STOCK, MOVEMENTS, PRODUCTS, QUARANTINE
from tests.support.history_evidence import (
    Evidence,
    Lane,
    Line,
    Violation,
    fields_of,
    header_of,
    place_of,
)
from tests.support.history_fold import Said, milli, sign_of

STOCK = "stock"
NO_COST = "E03"


def entries_balance(found: Evidence) -> Iterator[Violation]:
    """I2: the legs of every entry sum to nothing, and its value is what its stock legs say."""
    total = 0
    for line, entry in found.entries:
        net = sum(leg["debit_pence"] - leg["credit_pence"] for leg in entry["postings"])
        total += net
        if net:
            yield Violation("I2", place_of(line), entry["sku"], f"out of balance by {net} pence")
        if _stock_pence(entry) != entry["value_pence"]:
            says = f"its stock legs come to {_stock_pence(entry)}, not {entry['value_pence']}"
            yield Violation("I2", place_of(line), entry["sku"], says)
    if total:
        yield Violation("I2", JOURNAL.name, "", f"the whole journal is out by {total} pence")


def entered_once(found: Evidence) -> Iterator[Violation]:
    """I3: each movement applied has one entry, or is parked; there is no entry of anything else."""
    entered: defaultdict[str, list[str]] = defaultdict(list)
    costs: Counter[str] = Counter()
    expected = _applied(found)
    for line, entry in found.entries:
        if entry["movement_id"] is None:
            costs[entry["entry_id"]] += 1
            continue
        entered[entry["source"]].append(place_of(line))
        said = expected.get(entry["source"])
        if said is None:
            says = f"{entry['entry_id']} cites {entry['source']}, which was not applied"
            yield Violation("I3", place_of(line), entry["sku"], says)
        elif _said(entry) != _to_be_said(said):
            says = f"it says {_said(entry)}, its movement {_to_be_said(said)}"
            yield Violation("I3", place_of(line), entry["sku"], says)
    for entry_id, times in costs.items():
        if times > 1:
            yield Violation("I3", JOURNAL.name, "", f"{entry_id} stands {times} times")
    either = {
        f"{MOVEMENTS.name}/{number}/{offset}"
        for number, fold in found.folds.items()
        for offset in fold.either
    }
    for source, said in expected.items():
        times = len(entered[source]) + (source in found.parked)
        if times != 1 and not (times == 0 and source in either):
            says = f"{said['movement_id']}: entries {entered[source]}, "
            says += "parked too" if source in found.parked else "not parked"
            yield Violation("I3", source, said["sku"], says)


def parked_without_cost(found: Evidence) -> Iterator[Violation]:
    """I3: an entry waits for a cost only where the last product its lane has taken has none."""
    valued = _valued(found)
    for line, kept in found.parked.values():
        sku = kept["movement"]["sku"]
        if kept["lacks"] == NO_COST and sku in valued:
            says = f"{kept['source']} is parked for a cost, and {place_of(valued[sku])} tells it"
            yield Violation("I3", place_of(line), sku, says)


def _valued(found: Evidence) -> dict[str, Line]:
    """Return the product that told the cost in force, by SKU, up to the lanes' marks."""
    aside = {header_of(line, "origin") for line in found.log.of(QUARANTINE.name)}
    last: dict[str, tuple[int, Line]] = {}
    for line in found.log.of(PRODUCTS.name):
        _, mark = found.marks.get(Lane(KEEP_STOCK, line.partition), (None, {"next": {}}))
        if line.offset >= mark["next"].get(line.topic, 0) or place_of(line) in aside:
            continue
        sku, version = fields_of(line).get("sku", ""), fields_of(line).get("version", 0)
        if sku not in last or version > last[sku][0]:
            last[sku] = version, line
    costs = {sku: fields_of(line).get("unit_cost_pence") for sku, (_, line) in last.items()}
    return {sku: last[sku][1] for sku, cost in costs.items() if cost and Decimal(cost)}


def pools_tie(found: Evidence) -> Iterator[Violation]:
    """I7: the journal's stock account is the card's pool, and its units are those on hand."""
    pence: Counter[str] = Counter()
    units: Counter[str] = Counter()
    parked: Counter[str] = Counter()
    for _, entry in found.entries:
        pence[entry["sku"]] += _stock_pence(entry)
        units[entry["sku"]] += milli(entry["quantity"])
    for _, kept in found.parked.values():
        parked[kept["movement"]["sku"]] += _signed(kept["movement"])
    for sku, (line, card) in found.cards.items():
        pool = milli(card["pool"]["units"]), card["pool"]["pence"]
        if pool != (units[sku], pence[sku]):
            says = f"thousandths and pence {pool}, the journal has {units[sku], pence[sku]}"
            yield Violation("I7", place_of(line), sku, says)
        on_hand = sum(milli(level["on_hand"]) for level in card["levels"])
        if on_hand != pool[0] + parked[sku]:
            says = f"{on_hand} on hand, {pool[0]} in the pool and {parked[sku]} parked"
            yield Violation("I7", place_of(line), sku, says)


def _applied(found: Evidence) -> dict[str, Said]:
    return {
        f"{MOVEMENTS.name}/{number}/{offset}": said
        for number, fold in found.folds.items()
        for offset, said in (*fold.applied.items(), *fold.either.items())
    }


def _said(entry: Said) -> tuple[str, str, int]:
    return entry["entry_id"], entry["sku"], milli(entry["quantity"])


def _to_be_said(movement: Said) -> tuple[str, str, int]:
    return f"entry:{movement['movement_id']}", movement["sku"], _signed(movement)


def _signed(movement: Said) -> int:
    return sign_of(movement["kind"]) * milli(movement["quantity"])


def _stock_pence(entry: Said) -> int:
    legs = (leg for leg in entry["postings"] if leg["account"] == STOCK)
    return sum(leg["debit_pence"] - leg["credit_pence"] for leg in legs)
