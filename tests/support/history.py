"""What must be true of everything Kafka holds once faults have ended, told from the raw bytes.

    violations = check(await read_log(settings), told)

The invariants are numbered as in the reliability programme; what this design has nothing of is in
`NOT_APPLICABLE`, with its reason. The arithmetic is of these files alone: json, int and Decimal.
"""

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from streams.topics import (
    AVAILABILITY,
    DELIVERIES,
    HELD,
    KEEP_STOCK,
    MOVEMENTS,
    PRODUCTS,
    QUARANTINE,
    STOCK_CHANGELOG,
    TRANSLATE,
)
from tests.support.history_books import (
    entered_once,
    entries_balance,
    parked_without_cost,
    pools_tie,
)
from tests.support.history_evidence import (
    CHANGELOGS,
    MARK,
    SOURCES,
    Evidence,
    Line,
    Log,
    Partition,
    Told,
    Violation,
    evidence_of,
    fields_of,
    header_of,
    lanes_of,
    place_of,
    read_log,
)
from tests.support.history_exceptions import exceptions_stand
from tests.support.history_fold import Fold, Said, Shelf, milli
from tests.support.history_memory import Packed

__all__ = ["NOT_APPLICABLE", "Log", "Told", "Violation", "check", "read_log"]

NOT_APPLICABLE = {
    "I5, what Khaos holds": "nothing is posted to Khaos; versions are checked as published",
    "I6, what Khaos holds": "as I5; the last statement is held against the card",
    "I8": "snapshots of the warehouse are not read; the opening is a movement like others",
    "I11, delays": "one lane stops for nobody; how long a record took is the bench's to measure",
    "I12": "queues and memory leave nothing in the log; the faults sample memory themselves",
    "I14": "nothing is posted to Khaos",
}
FATES = ("movement", "without_effect", "foreign", "held", "quarantined")  # of translate's items
OUTCOMES = ("applied", "repeated", "conflict", "too_old", "before_opening", "quarantined")
STANDING = frozenset({"waiting", "parked"})  # counts that may fall
_JSON = json.JSONDecoder(parse_int=str, parse_float=str)  # however long a number is


def check(log: Log, told: Told | None = None) -> list[Violation]:
    """Return whatever is not as it must be; of a log at rest, all faults healed."""
    told = told or Told()
    found = evidence_of(log)
    checks = (
        found.unread,
        _levels(found),
        _told_levels(found, told),
        entries_balance(found),
        entered_once(found),
        parked_without_cost(found),
        _translated_once(found),
        _deliveries_kept(found, told),
        _translate_counts(found),
        _keep_stock_counts(found),
        _kept_apart(found),
        exceptions_stand(found),
        _versions(found),
        _last_statements(found),
        pools_tie(found),
        _identity(found),
        _changelog_direction(found),
        _committed_twice(found),
        _quarantined_bytes(found),
        _at_rest(found),
        _no_secrets(found, told),
    )
    return [violation for each in checks for violation in each]


def _levels(found: Evidence) -> Iterator[Violation]:
    """I1: a card's levels are the sum of its movements; held is what the holds say."""
    on_hand: Counter[Shelf] = Counter()
    cited: dict[str, str] = {}
    for sku, (line, card) in found.cards.items():
        cited[sku] = place_of(line)
        fold = found.folds.get(line.partition, Fold())
        for level in card["levels"]:
            shelf = (level["account"], level["site"], sku)
            on_hand[shelf] = milli(level["on_hand"])
            held = max(0, min(on_hand[shelf], fold.held_at(shelf)))
            if shelf not in fold.unsure and milli(level["held"]) != held:
                says = f"{level['held']} held at {shelf[:2]}, the holds come to {held} thousandths"
                yield Violation("I1", place_of(line), sku, says)
    expected: Counter[Shelf] = Counter()
    for fold in found.folds.values():
        expected.update(fold.on_hand)
    for shelf in sorted(expected.keys() | on_hand.keys()):
        if expected[shelf] != on_hand[shelf]:
            says = f"{on_hand[shelf]} on hand at {shelf[:2]}, the movements come to "
            where = cited.get(shelf[2], "no card")
            yield Violation("I1", where, shelf[2], says + f"{expected[shelf]} thousandths")


def _told_levels(found: Evidence, told: Told) -> Iterator[Violation]:
    """I1: the movements' sum is what the warehouse's own people would count."""
    if not told.levels:
        return
    expected: Counter[Shelf] = Counter()
    for fold in found.folds.values():
        expected.update(fold.on_hand)
    for shelf in sorted(expected.keys() | told.levels.keys()):
        if expected[shelf] != told.levels.get(shelf, 0):
            says = f"{expected[shelf]} at {shelf[:2]}, told were {told.levels.get(shelf, 0)}"
            yield Violation("I1", MOVEMENTS.name, shelf[2], says)


def _translated_once(found: Evidence) -> Iterator[Violation]:
    """I3: what one delivery says of one movement is written once, at the delivery's own time."""
    delivered = {place_of(line): line for line in found.log.of(DELIVERIES.name)}
    told: dict[tuple[str, str], str] = {}
    for line, said in found.movements:
        source = said.get("delivery")
        if source is None:
            continue
        before = told.setdefault((source, said["movement_id"]), place_of(line))
        if before != place_of(line):
            says = f"{said['movement_id']} of {source} stands at {before} as well"
            yield Violation("I3", place_of(line), said["sku"], says)
        if source not in delivered:
            yield Violation("I4", place_of(line), said["sku"], f"{source} holds no delivery")
        elif _milliseconds(said["received_at"]) != delivered[source].timestamp:
            says = f"received at {said['received_at']}, Kafka says {delivered[source].timestamp}"
            yield Violation("I4", place_of(line), said["sku"], says)


def _deliveries_kept(found: Evidence, told: Told) -> Iterator[Violation]:
    """I4: whatever the door answered 2xx for is there, byte for byte, as often as it did."""
    kept = Counter(line.value for line in found.log.of(DELIVERIES.name))
    for body, times in told.bodies.items():
        if kept[body] < times:
            says = f"answered 2xx {times} times, kept {kept[body]} times: {body[:200]!r}"
            yield Violation("I4", DELIVERIES.name, "", says)


def _translate_counts(found: Evidence) -> Iterator[Violation]:
    """I4: every item of every delivery has one fate, and what it became is there."""
    said_of: Counter[tuple[str, str]] = Counter()
    for _, said in found.movements:
        said_of["movements", _partition_of(said.get("delivery"))] += 1
    for line in found.log.of(HELD.name):
        said_of["held", _partition_of(fields_of(line).get("delivery"))] += 1
    for line in found.log.of(QUARANTINE.name):
        said_of["quarantined", _partition_of(header_of(line, "origin"))] += 1
    deliveries = Counter(line.partition for line in found.log.of(DELIVERIES.name))
    for lane in (lane for lane in lanes_of(found.log) if lane.agent == TRANSLATE):
        counts, own = found.counts(lane), f"{DELIVERIES.name}/{lane.number}"
        expected = {
            "deliveries": deliveries[lane.number],
            "items": sum(counts[fate] for fate in FATES),
            **{name: said_of[name, own] for name in ("movements", "held", "quarantined")},
        }
        yield from _differences("I4", own, counts, expected)


def _keep_stock_counts(found: Evidence) -> Iterator[Violation]:
    """I4: every movement has one fate or waits, and the fates are those reckoned here."""
    movements = Counter(line.partition for line in found.log.of(MOVEMENTS.name))
    products = Counter(line.partition for line in found.log.of(PRODUCTS.name))
    for lane in (lane for lane in lanes_of(found.log) if lane.agent == KEEP_STOCK):
        counts, fold = found.counts(lane), found.folds.get(lane.number, Fold())
        own = f"{MOVEMENTS.name}/{lane.number}"
        fates = sum(counts[name] for name in (*OUTCOMES, "controls", "waiting"))
        if fates != movements[lane.number]:
            says = f"{fates} fates of {movements[lane.number]} records: {dict(counts)}"
            yield Violation("I4", own, "", says)
        if counts["products"] + counts["products_quarantined"] != products[lane.number]:
            says = f"{counts['products']} of {products[lane.number]} products taken"
            yield Violation("I4", f"{PRODUCTS.name}/{lane.number}", "", says)
        both = fold.fates["applied"] + fold.fates["repeated"] + len(fold.either)
        expected = {name: fold.fates[name] for name in OUTCOMES[2:]}
        expected["waiting"] = sum(map(len, fold.waiting.values()))
        expected["repeated"] = both - counts["applied"]
        if not 0 <= counts["applied"] - fold.fates["applied"] <= len(fold.either):
            expected["applied"] = fold.fates["applied"]
        yield from _differences("I4", own, counts, expected)
        if found.waiting[lane.number] != counts["waiting"]:
            says = f"{found.waiting[lane.number]} movements are kept, {counts['waiting']} wait"
            yield Violation("I4", own, "", says)


def _kept_apart(found: Evidence) -> Iterator[Violation]:
    """I4: a conflict is kept apart once, under its class, and nothing else is."""
    kept = Counter(
        (header_of(line, "origin") or "", header_of(line, "class") or "")
        for line in found.log.of(QUARANTINE.name)
        if header_of(line, "class")
    )
    expected = Counter(
        (f"{MOVEMENTS.name}/{number}/{offset}", of)
        for number, fold in found.folds.items()
        for offset, of in fold.apart.items()
    )
    for origin, of in sorted((kept - expected) + (expected - kept)):
        times, wanted = kept[origin, of], expected[origin, of]
        yield Violation("I4", origin, "", f"kept apart as {of} {times} times, not {wanted}")


def _versions(found: Evidence) -> Iterator[Violation]:
    """I5: what is stated of a SKU rises in version, always; a card's never falls."""
    stated: dict[bytes, int] = {}
    for line in found.log.of(AVAILABILITY.name):
        version = fields_of(line)["version"]
        if version <= stated.get(line.key, -1):
            says = f"version {version} after {stated[line.key]}"
            yield Violation("I5", place_of(line), line.key.decode(), says)
        stated[line.key] = version
    kept: dict[bytes, Said] = {}
    for line in found.log.of(STOCK_CHANGELOG.name):
        if line.value is None or line.key.startswith(b"\x00"):
            continue
        card, before = fields_of(line), kept.get(line.key)
        kept[line.key] = card
        if before is None:
            continue
        if card["version"] < before["version"]:
            says = f"version {card['version']} after {before['version']}"
            yield Violation("I5", place_of(line), card["sku"], says)
        elif card["version"] == before["version"] and card["levels"] != before["levels"]:
            says = f"version {card['version']} with two sets of levels"
            yield Violation("I5", place_of(line), card["sku"], says)


def _last_statements(found: Evidence) -> Iterator[Violation]:
    """I6: the last statement of a SKU is its card's: clamped at every place, then summed.

    Nothing is stated of a SKU none of whose places is open: its level is not known yet.
    """
    last = {line.key.decode(): line for line in found.log.of(AVAILABILITY.name)}
    for sku in sorted(last.keys() - found.cards.keys()):
        yield Violation("I6", place_of(last[sku]), sku, "it is stated, and there is no card")
    for sku, (line, card) in found.cards.items():
        opened = found.folds.get(line.partition, Fold()).opened
        levels = [each for each in card["levels"] if (each["account"], each["site"]) in opened]
        if not levels:
            if sku in last:
                yield Violation("I6", place_of(last[sku]), sku, "it is stated, and is not open")
            continue
        free = sum(max(0, milli(each["on_hand"]) - milli(each["held"])) for each in levels)
        if sku not in last:
            yield Violation("I6", place_of(line), sku, "its place is open, and nothing is stated")
            continue
        stated = fields_of(last[sku])
        if (milli(stated["available"]), stated["version"]) != (free, card["version"]):
            says = f"stated {stated['available']} in version {stated['version']}, the card has "
            says += f"{free} thousandths in version {card['version']}"
            yield Violation("I6", place_of(last[sku]), sku, says)


def _identity(found: Evidence) -> Iterator[Violation]:
    """I9: a card remembers what was applied, in order, and forgets what it may: no fact more."""
    for sku, (line, card) in found.cards.items():
        memory = found.folds.get(line.partition, Fold()).memories[sku]
        until = card["seen"]["forgotten_until"]
        forgotten_until = None if until is None else datetime.fromisoformat(until)
        packed = [
            (day, datetime.fromisoformat(newest), b64decode(facts))
            for day, newest, facts in card["seen"]["chunks"]
        ]
        if (forgotten_until, packed) != (memory.forgotten_until, memory.packed()):
            says = f"{_facts(packed)} facts remembered, the rest forgotten until {forgotten_until}"
            says += f"; must be {_facts(memory.packed())}, and {memory.forgotten_until}"
            yield Violation("I9", place_of(line), sku, says)


def _facts(packed: list[Packed]) -> int:
    return sum(len(facts) for *_, facts in packed) // 12


def _changelog_direction(found: Evidence) -> Iterator[Violation]:
    """I10: along a changelog nothing goes back: no card's offset, no mark's, no count of fates."""
    before: dict[tuple[str, int, bytes], Said] = {}
    for line in (line for topic in CHANGELOGS for line in found.log.of(topic)):
        if line.value is None or (line.key != MARK and line.key.startswith(b"\x00")):
            continue
        said = fields_of(line)
        earlier = before.get((line.topic, line.partition, line.key), {})
        before[line.topic, line.partition, line.key] = said
        now = dict(_rising(said))
        fallen = [name for name, number in _rising(earlier) if now.get(name, 0) < number]
        if fallen:
            says = f"{', '.join(fallen)} fell from {dict(_rising(earlier))}"
            yield Violation("I10", place_of(line), said.get("sku", ""), says)


def _committed_twice(found: Evidence) -> Iterator[Violation]:
    """I10: no transaction is committed twice.

    A mark may be said again where Kafka has lost the group's offsets: alone, and word for word.
    While an opening is under way the SKU it has reached goes on, and the offsets do not.
    """
    marks: dict[Partition, bytes | None] = {}
    is_alone: dict[Partition, bool] = {}
    for line in (line for topic in CHANGELOGS for line in found.log.of(topic)):
        where = Partition(line.topic, line.partition)
        if line.key != MARK:
            is_alone[where] = False
            continue
        earlier, marks[where] = marks.get(where), line.value
        reached = _reached(line.value)
        is_said_again = is_alone.get(where, False) and line.value == earlier
        if earlier and not is_said_again and _reached(earlier) == reached:
            yield Violation("I10", place_of(line), "", f"committed twice: {reached}")
        is_alone[where] = True


def _reached(mark: bytes | None) -> tuple[Mapping[str, int], str | None]:
    """Return the offsets of a mark, and the SKU that an opening under way has come to."""
    said = json.loads(mark or b"{}")
    opening = said.get("state", {}).get("opening")
    return said["next"], opening and opening["reached"]


def _rising(said: Said) -> Iterator[tuple[str, int]]:
    for name in ("applied_offset", "product_offset"):
        if name in said:
            yield name, said[name]
    for name, number in (*said.get("next", {}).items(), *said.get("counts", {}).items()):
        if name not in STANDING:
            yield name, number


def _quarantined_bytes(found: Evidence) -> Iterator[Violation]:
    """I11: a bad record is kept as it came, under a reason and the place it came from."""
    origins = {
        place_of(line): line
        for topic in (DELIVERIES.name, MOVEMENTS.name, PRODUCTS.name)
        for line in found.log.of(topic)
    }
    for line in found.log.of(QUARANTINE.name):
        origin = origins.get(header_of(line, "origin") or "")
        if not header_of(line, "reason"):
            yield Violation("I11", place_of(line), "", "no reason is given")
        if origin is None:
            says = f"nothing stands at its origin {header_of(line, 'origin')}"
            yield Violation("I11", place_of(line), "", says)
        elif not _holds(origin, line):
            yield Violation("I11", place_of(line), "", f"other bytes than {place_of(origin)}")


def _holds(origin: Line, line: Line) -> bool:
    """Say whether a record keeps all that came, one element of it, or as much as it says."""
    kept, came = line.value or b"", origin.value or b""
    left_out = int(header_of(line, "left_out_bytes") or 0)
    if left_out:
        return came.startswith(kept) and len(kept) + left_out == len(came)
    return kept == came or kept == _element(came, int(header_of(line, "item") or 0))


def _element(body: bytes, number: int) -> bytes | None:
    """Return the text of one element of an array, as it stands there; None where none does."""
    try:
        text = body.decode("utf-8-sig")
        first = _begins(text, 0)
        begin = at = text.index("[", first, first + 1) + 1
        for _ in range(number + 1):
            begin = _begins(text, at)
            _, at = _JSON.raw_decode(text, begin)
    except (ValueError, RecursionError):
        return None
    return text[begin:at].encode()


def _begins(text: str, at: int) -> int:
    """Return where the next value, or the end, of an array is."""
    return next((n for n in range(at, len(text)) if text[n] not in " \t\r\n,"), len(text))


def _at_rest(found: Evidence) -> Iterator[Violation]:
    """I13 and I15: no transaction is open, nothing is left to take, and the group says the same."""
    for (topic, number), end in found.log.ends.items():
        if end.stable != end.written:
            says = f"a transaction is open: {end.stable} of {end.written} are stable"
            yield Violation("I13", f"{topic}/{number}", "", says)
    for lane in lanes_of(found.log):
        _, mark = found.marks.get(lane, (None, {"next": {}}))
        for topic in SOURCES[lane.agent]:
            source = Partition(topic, lane.number)
            reached = mark["next"].get(topic, 0)
            if reached != found.log.ends[source].stable:
                says = f"{lane.agent} came to {reached} of {found.log.ends[source].stable}"
                yield Violation("I13", f"{topic}/{lane.number}", "", says)
            committed = found.log.committed.get(source, 0)  # none where nothing was ever read
            if committed != reached:
                says = f"the group's offset is {committed}, the mark's {reached}"
                yield Violation("I15", f"{topic}/{lane.number}", "", says)


def _no_secrets(found: Evidence, told: Told) -> Iterator[Violation]:
    """I16: no record holds a secret, in its key, its value or a header."""
    for line in (line for lines in found.log.records.values() for line in lines):
        parts = (line.key or b"", line.value or b"", *(value or b"" for _, value in line.headers))
        if any(secret in part for secret in told.secrets for part in parts):
            yield Violation("I16", place_of(line), "", "a secret")


def _differences(
    invariant: str, where: str, counts: Counter[str], expected: dict[str, int]
) -> Iterator[Violation]:
    for name, number in expected.items():
        if counts[name] != number:
            says = f"the mark counts {counts[name]} {name}, the log {number}"
            yield Violation(invariant, where, "", says)


def _partition_of(source: str | None) -> str:
    """Return topic/partition of topic/partition/offset."""
    return "" if source is None else source.rpartition("/")[0]


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
