"""What must be true at the end of a universe: what Kafka holds, held against the plain fold."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import orjson

from streams.topics import (
    DELIVERIES,
    MOVEMENTS,
    PRODUCTS,
    QUARANTINE,
    STOCK_CHANGELOG,
    TRANSLATE_CHANGELOG,
)
from tests.simulation.books import check_books
from tests.simulation.delivered import Delivery, delivery_in, told_by, told_in
from tests.simulation.expected import Expected, Said, loads, milli, source_of
from tests.simulation.found import Found, found_in
from tests.simulation.kafka import Kafka, Record
from tests.simulation.law import hold_same, hold_true
from tests.simulation.stated import check_availability
from tests.simulation.worker import changelog_image

SOURCES = {
    TRANSLATE_CHANGELOG.name: (DELIVERIES.name,),
    STOCK_CHANGELOG.name: (MOVEMENTS.name, PRODUCTS.name),
}
TRANSLATED = ("movement", "without_effect", "foreign", "held", "quarantined")
FATES = ("applied", "repeated", "conflict", "before_opening", "too_old", "quarantined", "waiting")

SetAside = tuple[str, str, bytes]  # class, where it came from, its bytes


def check(kafka: Kafka, partitions: int) -> None:
    """Raise `Violated` for the first invariant that does not hold."""
    all_expected = [_expected(kafka, partition) for partition in range(partitions)]
    all_found = [found_in(kafka, partition) for partition in range(partitions)]
    deliveries = [delivery_in(record) for record in kafka.all_of(DELIVERIES.name)]
    _check_translated(kafka, partitions, deliveries)
    _check_set_aside(kafka, deliveries, all_expected)
    for partition, (expected, found) in enumerate(zip(all_expected, all_found, strict=True)):
        _check_levels(expected, found)
        _check_fates(expected, found)
        _check_drained(kafka, partition)
    check_books(kafka, all_expected, all_found)
    check_availability(kafka, all_expected)


def _check_translated(kafka: Kafka, partitions: int, deliveries: Sequence[Delivery]) -> None:
    """Hold every delivery to its one fate, and each movement to be what its body tells."""
    all_said = [s for s in map(loads, kafka.all_of(MOVEMENTS.name)) if s.get("delivery")]
    told = Counter((said["delivery"], said["movement_id"]) for said in all_said)
    twice = [key for key, times in told.items() if times > 1]
    hold_true(not twice, f"effect once: {twice[:1]} was translated more than once")
    counts: Counter[str] = Counter()
    for partition in range(partitions):
        image = changelog_image(kafka, (TRANSLATE_CHANGELOG.name, partition))
        if b"\x00mark" in image:
            counts.update(orjson.loads(image[b"\x00mark"])["counts"])
    hold_true(counts["deliveries"] == len(deliveries), "nothing lost: deliveries not counted once")
    hold_true(counts["items"] == len(deliveries), "nothing lost: an item has not one fate")
    fates = Counter(delivery.fate for delivery in deliveries)
    hold_same("nothing lost", fates, {fate: counts[fate] for fate in TRANSLATED if counts[fate]})
    hold_true(counts["movements"] == len(all_said), "nothing lost: movements are missing")
    ours = {source_of(each.record): each for each in deliveries if each.fate == "movement"}
    expected = Counter((source, told_by(delivery)) for source, delivery in ours.items())
    found = Counter((said["delivery"], told_in(said)) for said in all_said)
    hold_same("nothing lost", expected, found)
    _check_identity({source: each.meaning for source, each in ours.items()}, all_said)


def _check_identity(meanings: Mapping[str, bytes], all_said: Iterable[Said]) -> None:
    """Hold the same hash to stand for the same body, and another one for another."""
    meaning_of_hash: dict[tuple[str, str], bytes] = {}
    hash_of_meaning: dict[tuple[str, bytes], str] = {}
    for said in all_said:
        own_id, own_hash = said["movement_id"], said["content_hash"]
        meaning = meanings[said["delivery"]]
        known = hash_of_meaning.setdefault((own_id, meaning), own_hash)
        stands_for = meaning_of_hash.setdefault((own_id, own_hash), meaning)
        same = known == own_hash and stands_for == meaning
        hold_true(same, f"identity: {own_hash} of {own_id} is not of one meaning: {meaning!r}")


def _check_set_aside(
    kafka: Kafka, deliveries: Sequence[Delivery], all_expected: list[Expected]
) -> None:
    """Hold every bad record and every conflict to be kept once, with the bytes it came with."""
    bad = (each.record for each in deliveries if each.fate == "quarantined")
    expected = Counter(("", source_of(record), record.value or b"") for record in bad)
    for each in all_expected:
        expected.update({("E04", *apart): times for apart, times in each.apart.items()})
    hold_same("set aside", expected, Counter(map(_set_aside, kafka.all_of(QUARANTINE.name))))


def _set_aside(record: Record) -> SetAside:
    headers = dict(record.headers)
    of, origin = headers.get("class", b""), headers.get("origin", b"")
    return of.decode(), origin.decode(), record.value or b""


def _expected(kafka: Kafka, partition: int) -> Expected:
    expected = Expected()
    for record in kafka.logs[MOVEMENTS.name, partition].committed():
        expected.take(record)
    return expected


def _check_levels(expected: Expected, found: Found) -> None:
    levels = {
        (card["sku"], level["account"], level["site"]): (
            milli(level["on_hand"]),
            milli(level["held"]),
        )
        for card in found.cards
        for level in card["levels"]
    }
    on_hand = {shelf: own for shelf, (own, _) in levels.items()}
    hold_same("conservation", expected.on_hand, on_hand)
    records = {
        (card["sku"], account, site, record): milli(held)
        for card in found.cards
        if card["holds"]
        for account, site, record, held in card["holds"]["held"]
    }
    hold_same("held", expected.held_records(), records)
    hold_same("held", expected.levels(), levels)


def _check_fates(expected: Expected, found: Found) -> None:
    counts = found.mark["counts"] if found.mark else {}
    told = {fate: counts[fate] for fate in FATES if counts.get(fate)}
    hold_same("fates", expected.fates, told)


def _check_drained(kafka: Kafka, partition: int) -> None:
    """Hold every source to be taken to its end, and the group's offsets to say so."""
    for changelog, topics in SOURCES.items():
        image = changelog_image(kafka, (changelog, partition))
        reached = orjson.loads(image[b"\x00mark"])["next"] if image else {}
        for place in ((topic, partition) for topic in topics):
            end, marked = len(kafka.logs[place].slots), reached.get(place[0], 0)
            hold_true(marked == end, f"liveness: {place} ends at {end}, the mark is at {marked}")
            committed = kafka.group.get(place, 0)
            says = f"offsets: of {place} the group's is {committed}, the mark's {marked}"
            hold_true(committed == marked, says)
