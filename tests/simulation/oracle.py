"""What must be true at the end of a universe, reckoned from the log with arithmetic of its own."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import orjson

from streams.topics import (
    AVAILABILITY,
    DELIVERIES,
    JOURNAL,
    MOVEMENTS,
    QUARANTINE,
    STOCK_CHANGELOG,
    TRANSLATE_CHANGELOG,
)
from tests.simulation.kafka import Kafka, Record
from tests.simulation.worker import changelog_image

UP = {"opening", "received", "returned", "undispatched", "adjusted_up", "account_in"}
HOLDS = {"held", "released", "opening_hold"}


class Violated(AssertionError):
    """An invariant does not hold; the message names it."""


@dataclass(slots=True)
class Expected:
    """One partition's movements, folded plainly."""

    on_hand: defaultdict[tuple[str, str, str], int] = field(
        default_factory=lambda: defaultdict(int)
    )  # by SKU, account, site; thousandths
    seen: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    valued: dict[str, str] = field(default_factory=dict[str, str])  # applied, with a value: SKU
    fates: Counter[str] = field(default_factory=Counter[str])
    opened: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    waiting: defaultdict[tuple[str, str], list[dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def take(self, said: dict[str, Any]) -> None:
        """Fold one record of `stock.movements.v1`."""
        if "control" in said:
            self._open((said["account"], said["site"]), said["at"])
            return
        place = (said["account"], said["site"])
        if said["kind"] == "opening" or place in self.opened:
            self._apply(said, place)
        else:
            self.waiting[place].append(said)

    def _open(self, place: tuple[str, str], at: str) -> None:
        self.opened[place] = at
        for said in self.waiting.pop(place, []):
            self._apply(said, place)

    def _apply(self, said: dict[str, Any], place: tuple[str, str]) -> None:
        if said["kind"] != "opening" and said["occurred_at"] < self.opened[place]:
            self.fates["before_opening"] += 1
            return
        if said["kind"] in HOLDS:
            self.fates["hold"] += 1
            return
        known = self.seen.setdefault((said["sku"], said["movement_id"]), said["content_hash"])
        if known != said["content_hash"]:
            self.fates["conflict"] += 1
        elif (said["sku"], said["movement_id"]) in self._applied:
            self.fates["repeated"] += 1
        else:
            self._applied.add((said["sku"], said["movement_id"]))
            self.fates["applied"] += 1
            self.valued[said["movement_id"]] = said["sku"]
            sign = 1 if said["kind"] in UP else -1
            self.on_hand[said["sku"], *place] += sign * _milli(said["quantity"])

    _applied: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])


@dataclass(slots=True)
class Found:
    """What one partition of keep_stock came to, as its changelog says."""

    cards: list[dict[str, Any]]
    mark: dict[str, Any] | None
    parked: set[str]  # ids of movements


def check(kafka: Kafka, partitions: int) -> None:
    """Raise `Violated` for the first invariant that does not hold."""
    all_expected = [_expected(kafka, partition) for partition in range(partitions)]
    all_found = [_found(kafka, partition) for partition in range(partitions)]
    _check_translated(kafka, all_expected)
    for partition, (expected, found) in enumerate(zip(all_expected, all_found, strict=True)):
        _check_levels(expected, found, partition)
        _check_fates(expected, found)
        _check_drained(kafka, partition, found)
    _check_entries(kafka, all_expected, all_found)
    _check_availability(kafka, all_found)


def _check_translated(kafka: Kafka, all_expected: list[Expected]) -> None:
    deliveries = kafka.all_of(DELIVERIES.name)
    told = Counter(
        (said["delivery"], said["movement_id"])
        for said in map(_loads, kafka.all_of(MOVEMENTS.name))
        if said.get("delivery")
    )
    twice = [key for key, times in told.items() if times > 1]
    _hold_true(not twice, f"effect once: {twice[:1]} was translated more than once")
    counts: Counter[str] = Counter()
    for partition in range(len(all_expected)):
        image = changelog_image(kafka, (TRANSLATE_CHANGELOG.name, partition))
        if b"\x00mark" in image:
            counts.update(orjson.loads(image[b"\x00mark"])["counts"])
    fates = sum(counts[f] for f in ("movement", "without_effect", "foreign", "held", "quarantined"))
    _hold_true(counts["deliveries"] == len(deliveries), "nothing lost: deliveries not counted once")
    _hold_true(counts["items"] == fates, "nothing lost: an item has not one fate")
    _hold_true(counts["movements"] == sum(told.values()), "nothing lost: movements are missing")
    aside = Counter(dict(r.headers).get("class", b"") for r in kafka.all_of(QUARANTINE.name))
    _hold_true(counts["quarantined"] == aside[b""], "nothing lost: a bad record has no bytes")
    conflicts = sum(expected.fates["conflict"] for expected in all_expected)
    _hold_true(conflicts == aside[b"E04"], "nothing lost: a conflict is not kept apart")


def _expected(kafka: Kafka, partition: int) -> Expected:
    expected = Expected()
    place = (MOVEMENTS.name, partition)
    for record in kafka.logs[place].committed():
        expected.take(_loads(record))
    return expected


def _found(kafka: Kafka, partition: int) -> Found:
    image = changelog_image(kafka, (STOCK_CHANGELOG.name, partition))
    return Found(
        [orjson.loads(value) for key, value in image.items() if not key.startswith(b"\x00")],
        orjson.loads(image[b"\x00mark"]) if image else None,
        {key.decode()[8:] for key in image if key.startswith(b"\x00parked:")},
    )


def _check_levels(expected: Expected, found: Found, partition: int) -> None:
    levels = {
        (card["sku"], level["account"], level["site"]): _milli(level["on_hand"])
        for card in found.cards
        for level in card["levels"]
    }
    wrong = {
        key: (milli, levels.get(key, 0))
        for key, milli in expected.on_hand.items()
        if levels.get(key, 0) != milli
    }
    wrong |= {k: (0, milli) for k, milli in levels.items() if milli and k not in expected.on_hand}
    _hold_true(not wrong, f"conservation in partition {partition}: expected, found {wrong}")


def _check_fates(expected: Expected, found: Found) -> None:
    counts = Counter(found.mark["counts"] if found.mark else {})
    for fate in ("conflict", "before_opening"):
        _hold_true(counts[fate] == expected.fates[fate], f"fates: {fate} {counts[fate]}")
    both = expected.fates["applied"] + expected.fates["repeated"] + expected.fates["hold"]
    _hold_true(counts["applied"] + counts["repeated"] == both, f"fates: {counts}, not {both}")


def _check_drained(kafka: Kafka, partition: int, found: Found) -> None:
    place = (MOVEMENTS.name, partition)
    end = len(kafka.logs[place].slots)
    marked = found.mark["next"][MOVEMENTS.name] if found.mark else 0
    _hold_true(marked == end, f"liveness: {place} ends at {end}, the mark stands at {marked}")
    _hold_true(kafka.group.get(place, 0) == marked, "the mark and the group's offset differ")


def _check_entries(kafka: Kafka, all_expected: list[Expected], all_found: list[Found]) -> None:
    entries = [_loads(record) for record in kafka.all_of(JOURNAL.name)]
    ids = Counter(entry["entry_id"] for entry in entries)
    twice = [entry_id for entry_id, times in ids.items() if times > 1]
    _hold_true(not twice, f"effect once: {twice[:1]} stands twice in the journal")
    drawn = [e["entry_id"] for e in entries if e["movement_id"] and not _is_computed(e)]
    _hold_true(not drawn, f"effect once: {drawn[:1]} is not computed from its movement")
    entered = {
        e["movement_id"] for e in entries if e["movement_id"] and e["value_pence"] is not None
    }
    applied: set[str] = set()
    parked: set[str] = set()
    pence: Counter[str] = Counter()
    for expected, found in zip(all_expected, all_found, strict=True):
        applied |= expected.valued.keys()
        parked |= found.parked
        for card in found.cards:
            pence[card["sku"]] = card["pool"]["pence"]
    missing = applied - entered - parked
    _hold_true(not missing, f"every movement has an entry: {sorted(missing)[:3]} have none")
    _hold_true(not entered & parked, "a parked movement has an entry as well")
    for entry in entries:
        legs = entry["postings"]
        _hold_true(sum(p["debit_pence"] - p["credit_pence"] for p in legs) == 0, "balance")
        pence[entry["sku"]] -= sum(
            p["debit_pence"] - p["credit_pence"] for p in legs if p["account"] == "stock"
        )
    off = {sku: rest for sku, rest in pence.items() if rest}
    _hold_true(not off, f"tie: pools less the journal's stock account {off}")


def _check_availability(kafka: Kafka, all_found: list[Found]) -> None:
    versions: dict[str, int] = {}
    last: dict[str, dict[str, Any]] = {}
    for record in kafka.all_of(AVAILABILITY.name):
        said = _loads(record)
        before = versions.get(said["sku"], -1)
        _hold_true(said["version"] > before, f"versions: {said['sku']} {before} then {said}")
        versions[said["sku"]], last[said["sku"]] = said["version"], said
    for found in all_found:
        for card in found.cards:
            if card["sku"] not in last:
                continue
            told = sum(_milli(s["on_hand"]) for s in last[card["sku"]]["sites"].values())
            have = sum(_milli(level["on_hand"]) for level in card["levels"])
            _hold_true(told == have, f"convergence: {card['sku']} told {told}, card {have}")


def _is_computed(entry: dict[str, Any]) -> bool:
    return entry["entry_id"] == f"entry:{entry['movement_id']}"


def _loads(record: Record) -> dict[str, Any]:
    return orjson.loads(record.value or b"{}")


def _milli(text: str) -> int:
    whole, _, places = text.lstrip("-").partition(".")
    milli = int(whole) * 1_000 + int(places.ljust(3, "0") or 0)
    return -milli if text.startswith("-") else milli


def _hold_true(holds: bool, message: str) -> None:
    if not holds:
        raise Violated(message)
