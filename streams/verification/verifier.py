"""`stock verify` itself: takes the log topic by topic, and says where it does not agree.

Each partition is judged up to its lane's mark, so that the answer is true of a running system:
the changelog up to one moment holds cards and a mark that one transaction wrote together. Sources
are judged below the mark, availability at the card's version, and entries whose source is below it,
but for those of a movement that waited or was parked then and is entered since.

Memory: some 340 bytes a movement (measured), 0.5 GB for 1.5 million.
Not covered: the wording of narratives and exceptions, and what nobody told the door.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import orjson

from streams.engine.fold import SourceRecord
from streams.topics import (
    AVAILABILITY,
    DELIVERIES,
    EXCEPTIONS,
    HELD,
    JOURNAL,
    MOVEMENTS,
    PRODUCTS,
    QUARANTINE,
    STOCK_CHANGELOG,
    TRANSLATE_CHANGELOG,
)
from streams.verification.cards import FATES
from streams.verification.charts import Rules
from streams.verification.deliveries import Deliveries
from streams.verification.evidence import Evidence, Source, parse_source
from streams.verification.facts import CONTROL, Fact, NewChart, movement_record
from streams.verification.findings import Finding, Findings
from streams.verification.image import CHART, Image, fingerprint
from streams.verification.lane import SourcePartition, Standing, StockLane
from streams.verification.notices import Notices
from streams.verification.policy import Policy

Ends = Mapping[tuple[str, int], tuple[int, int]]  # first and next offset by topic and partition
KEPT_FOR_A_TIME = (QUARANTINE.name, HELD.name)
CHANGELOGS = (TRANSLATE_CHANGELOG.name, STOCK_CHANGELOG.name)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was judged, what was too new to be, and what does not agree."""

    judged: Mapping[str, int]
    newer: int  # records past the marks
    findings: tuple[Finding, ...]
    findings_count: int

    @property
    def agrees(self) -> bool:
        """Say whether everything judged agrees."""
        return not self.findings_count


class Verifier:
    """Takes both changelogs, then `begin`, then the topics of `stages` in their order."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._findings = Findings()
        self._images: dict[tuple[str, int], Image] = {
            (topic, partition): Image()
            for topic in CHANGELOGS
            for partition in range(policy.partitions)
        }
        self._announced: set[str] = set()
        self._evidence = Evidence()
        self._ends: Ends = {}
        self._sources: dict[tuple[str, int], SourcePartition] = {}
        self._lanes: dict[int, StockLane] = {}
        self._deliveries: dict[int, Deliveries] = {}
        self._notices = Notices({}, frozenset(), self._findings)
        self._judged: Counter[str] = Counter()
        self._newer = 0

    def take_changelog(self, record: SourceRecord) -> None:
        """Take a record of either changelog."""
        self._images[record.topic, record.partition].take(record)

    @property
    def needs_controls(self) -> bool:
        """Say whether `take_control` must see the movements topic before `begin`.

        A mark says with which chart its lane began; an older one does not, and with several charts
        in its changelog it is the one that no record announces.
        """
        return any(
            len(image.keys(CHART)) > 1 and image.first_rules() is None
            for image in self._images.values()
        )

    def take_control(self, record: SourceRecord) -> None:
        """Look for the charts that the movements topic announces."""
        if record.value is None or not record.value.startswith(CONTROL):
            return
        try:
            said = movement_record(record.value)
            if isinstance(said, NewChart):
                self._announced.add(Rules(said.fields).id)
        except (ValueError, KeyError, TypeError):
            return  # it is in the quarantine, or found not to be

    def begin(self, ends: Ends) -> None:
        """Judge from here on by the marks that the changelogs hold."""
        self._ends = ends
        self._evidence.begins_late = any(
            first for (topic, _), (first, _) in ends.items() if topic in KEPT_FOR_A_TIME
        )
        for partition in range(self._policy.partitions):
            image = self._images[STOCK_CHANGELOG.name, partition]
            translate = self._images[TRANSLATE_CHANGELOG.name, partition]
            self._add_sources(partition, image, (MOVEMENTS.name, PRODUCTS.name))
            self._add_sources(partition, translate, (DELIVERIES.name,))
            self._lanes[partition] = StockLane(
                partition, image, self._policy, self._findings, self._announced
            )
            self._deliveries[partition] = Deliveries(
                partition,
                self.until(DELIVERIES.name, partition),
                self._policy,
                self._findings,
                translate.ours_since(),
            )
        untils = {place: source.until for place, source in self._sources.items()}
        waiting = {
            (MOVEMENTS.name, partition, offset)
            for partition, lane in self._lanes.items()
            for offset in lane.outstanding.waiting
        }
        self._notices = Notices(untils, waiting, self._findings)

    def until(self, topic: str, partition: int) -> int:
        """Return the offset up to which a source is judged."""
        source = self._sources.get((topic, partition))
        return source.until if source else 0

    def stages(self) -> Mapping[str, Callable[[SourceRecord], None]]:
        """Return what takes each topic's records, in the order topics must be taken in."""
        return {
            QUARANTINE.name: self._evidence.take_quarantined,
            HELD.name: self._evidence.take_held,
            PRODUCTS.name: self._take_product,
            MOVEMENTS.name: self._take_movement,
            DELIVERIES.name: self._take_delivery,
            AVAILABILITY.name: self._take_statement,
            JOURNAL.name: self._take_entry,
            EXCEPTIONS.name: self._notices.take,
        }

    def verdict(self) -> Verdict:
        """Return what was judged and found, once every topic was taken."""
        standing: Standing = {}
        for partition, lane in self._lanes.items():
            self._judge_sources(partition)
            self._judged["cards"] += lane.judge(self._evidence)
            self._judged["statements"] += lane.statements.judged
            for fate in (*FATES, "waiting"):
                self._judged[fate] += lane.levels.counts[fate]
            self._judged["waiting"] += sum(map(len, lane.levels.waiting.values()))
            self._judged["parked"] += len(lane.outstanding.parked)
            standing |= lane.standing()
        self._notices.judge(standing)
        self._judge_ids()
        return Verdict(
            judged=dict(self._judged),
            newer=self._newer,
            findings=tuple(self._findings),
            findings_count=self._findings.count,
        )

    def _add_sources(self, partition: int, image: Image, topics: Sequence[str]) -> None:
        mark = image.mark()
        for topic in topics:
            until = 0 if mark is None else mark["next"].get(topic, 0)
            last = None if mark is None else mark["last"].get(topic)
            self._sources[topic, partition] = SourcePartition(
                topic, partition, until, last, self._findings
            )

    def _below_mark(self, record: SourceRecord) -> bool:
        source = self._sources[record.topic, record.partition]
        if record.offset >= source.until:
            self._newer += 1
            return False
        source.check(fingerprint(record), record.offset)
        return True

    def _take_product(self, record: SourceRecord) -> None:
        if self._below_mark(record):
            self._judged["products"] += 1
            self._lanes[record.partition].costs.take(record)

    def _take_movement(self, record: SourceRecord) -> None:
        is_judged = self._below_mark(record)
        fact = self._lanes[record.partition].levels.take(record) if is_judged else _fact(record)
        self._judged["movements"] += is_judged
        source = None if fact is None else parse_source(fact.delivery)
        if source is not None and source[:2] in self._sources and source[0] == DELIVERIES.name:
            self._deliveries[source[1]].note_movement(source[2])

    def _take_delivery(self, record: SourceRecord) -> None:
        if self._below_mark(record):
            self._judged["deliveries"] += 1
            self._deliveries[record.partition].take(record, self._evidence)

    def _take_statement(self, record: SourceRecord) -> None:
        self._lanes[record.partition].statements.take(record)

    def _take_entry(self, record: SourceRecord) -> None:
        entry, source = _entry(record)
        if source is None or source[:2] not in self._sources or source[0] == DELIVERIES.name:
            what = "it does not read, or cites no source of ours"
            self._findings.add(record.topic, record.partition, record.offset, None, what)
        elif source[2] >= self.until(*source[:2]) or self._is_entered_since(entry, source):
            self._newer += 1
        else:
            self._judged["entries"] += 1
            self._lanes[source[1]].journal.take(record, entry, source[2])

    def _is_entered_since(self, entry: Mapping[str, Any], source: Source) -> bool:
        topic, partition, offset = source
        lane = self._lanes[partition]
        return topic == MOVEMENTS.name and lane.outstanding.is_entered_since(
            entry, offset, lane.levels, lane.costs
        )

    def _judge_sources(self, partition: int) -> None:
        for topic in (MOVEMENTS.name, PRODUCTS.name, DELIVERIES.name):
            first, end = self._ends[topic, partition]
            self._sources[topic, partition].judge(first, end)
        mark = self._images[TRANSLATE_CHANGELOG.name, partition].mark()
        if mark is not None:
            first, _ = self._ends[DELIVERIES.name, partition]
            judge = self._deliveries[partition]
            judge.judge(mark, self._evidence, first)
            self._judged["items"] += judge.items

    def _judge_ids(self) -> None:
        """Find an id that was applied under two SKUs: no card sees the other."""
        hashes = sorted(
            h for lane in self._lanes.values() for h in lane.levels.applied.id_hash if h
        )
        twice = {one for one, next_one in pairwise(hashes) if one == next_one}
        for lane in self._lanes.values() if twice else ():
            lane.find_ids(twice)


def _entry(record: SourceRecord) -> tuple[dict[str, Any], Source | None]:
    try:
        entry = orjson.loads(record.value or b"")
        return entry, parse_source(entry["source"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return {}, None


def _fact(record: SourceRecord) -> Fact | None:
    try:
        said = movement_record(record.value)
    except (ValueError, KeyError, TypeError):
        return None
    return said if isinstance(said, Fact) else None
