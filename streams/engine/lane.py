"""A lane: one agent's one partition. No I/O here: lists of records in, transactions out.

    assigned ─▶ fenced ─▶ recovered (`start`) ─▶ take ─▶ cut ─▶ committed ─┐
                                                  ▲                        │
                                                  └────────────────────────┘
Any failure ends the process; the next owner starts again from the mark.
"""

from collections.abc import Iterator, Mapping, Sequence

from ledger.errors import BrokenInvariant, UnreadableState
from ledger.immutable import immutable
from streams.engine.errors import RefusesToRun
from streams.engine.fold import Cut, Fold, SourceRecord
from streams.engine.found import REBUILD, Found, check_first_start, check_mark
from streams.engine.mark import MARK_KEY, Mark, fingerprint, parse_mark


@immutable
class RecordList:
    """Records of one partition with the consumer's position before and after them.

    Positions move over commit markers, aborted batches and compacted gaps; record offsets do
    not. A list may be empty: then it only moves the position.
    """

    topic: str
    partition: int
    generation: int  # of the group, when the fetch was asked for
    before: int
    after: int
    records: Sequence[SourceRecord]

    def pieces(self, records_max: int) -> Iterator["RecordList"]:
        """Yield the list in parts that follow each other without a gap."""
        before, rest = self.before, self.records
        while len(rest) > records_max:
            part, rest = rest[:records_max], rest[records_max:]
            after = part[-1].offset + 1
            yield self._piece(before, after, part)
            before = after
        yield self._piece(before, self.after, rest)

    def _piece(self, before: int, after: int, records: Sequence[SourceRecord]) -> "RecordList":
        return RecordList(self.topic, self.partition, self.generation, before, after, records)


@immutable
class Transaction:
    """What one transaction of a lane writes: all of it becomes visible, or none."""

    cut: Cut
    changelog: Sequence[tuple[bytes, bytes | None]]  # the fold's records, then the mark
    offsets: Mapping[str, int]  # next offset by source topic
    records: int  # folded, and what they set off counted as such; none: only positions moved


class Lane:
    """Invariant: `next_offset` is where the fold's working copies stand, and nothing else is."""

    def __init__(
        self,
        agent: str,
        partition: int,
        *,
        sources: Sequence[str],
        read_first: str | None,
        changelog_topic: str,
        fold: Fold,
    ) -> None:
        self.agent = agent
        self.partition = partition
        self.sources = tuple(sources)
        self.read_first = read_first
        self.changelog_topic = changelog_topic
        self.fold = fold
        self.next_offset: dict[str, int] = {}
        self.committed_offset: Mapping[str, int] = {}  # as `next_offset`, of the last transaction
        self.counts: Mapping[str, int] = {}  # of the last committed transaction
        self.transactions = 0  # committed since the start
        self.recovered_to = 0  # the changelog offset this state was read up to
        self.pending = 0  # records folded and not yet cut, and what they set off counted as such
        self._cut_offset: Mapping[str, int] = {}
        self._last_seen: dict[str, str] = {}
        self._read_first_until = 0

    def __repr__(self) -> str:
        return f"{self.agent}/{self.partition}"

    def start(self, found: Found) -> None:
        """Begin from what recovery found; raise `RefusesToRun` where figures would go wrong."""
        try:
            self._start(found)
        except UnreadableState as error:
            raise RefusesToRun(
                f"{self}: {self.changelog_topic} does not read back ({error}). {REBUILD}"
            ) from error

    def _start(self, found: Found) -> None:
        self.recovered_to = found.changelog_end
        image = dict(found.changelog)
        marked = image.pop(MARK_KEY, None)
        if marked is None:
            check_first_start(self, found, image)
            mark = Mark(next_offset=dict(found.beginning))
        else:
            mark = parse_mark(marked)
            check_mark(self, mark, found)
        self.next_offset = {
            topic: mark.next_offset.get(topic, found.beginning[topic]) for topic in self.sources
        }
        self.committed_offset = dict(self.next_offset)
        # Where Kafka has lost what the group had committed, the first cut says it again.
        self._cut_offset = self.next_offset | found.behind(self.next_offset)
        self._last_seen = dict(mark.last_seen)
        self.counts = mark.counts
        if self.read_first is not None:
            self._read_first_until = found.end[self.read_first]
        self.fold.restore(image, mark.counts, mark.state)

    @property
    def positions_uncut(self) -> bool:
        """Say whether a cut would move the group's offsets: at its start, if Kafka lost some."""
        return self._cut_offset != self.next_offset

    def wants(self, topic: str, *, pending_max: int) -> bool:
        """Say whether a list of this source may be fetched for the lane now."""
        if self.fold.is_unfinished or self.pending >= pending_max:
            return False
        if self.read_first is None or topic == self.read_first:
            return True
        return self.next_offset[self.read_first] >= self._read_first_until

    def take(self, taken: RecordList) -> bool:
        """Fold the list if it is the next one; False means seek back to `next_offset`.

        A list that begins anywhere else was fetched before a rebalance or a seek. What follows a
        record that leaves the fold unfinished is left, and so is every list until it is finished.
        """
        if self.fold.is_unfinished or taken.before != self.next_offset[taken.topic]:
            return False
        _check_positions(taken)
        after = taken.after
        if taken.records:
            count = self.fold.fold(taken.records)
            last = taken.records[count - 1]
            if count < len(taken.records):
                after = last.offset + 1
            self._last_seen[taken.topic] = fingerprint(last)
            self.pending += count
        self.next_offset[taken.topic] = after
        return after == taken.after

    def go_on(self) -> None:
        """Do one more piece of what a record has set off."""
        self.pending += self.fold.go_on()

    def cut(self) -> Transaction | None:
        """Return everything folded since the last cut, fixed; None if there is nothing.

        A position that moved over markers or aborted records is committed too: retention may
        delete what is behind it, and the lag that outsiders see is then none.
        """
        if not self.positions_uncut and not self.pending:
            return None
        cut = self.fold.cut()
        mark = Mark(dict(self.next_offset), dict(self._last_seen), cut.counts, cut.state)
        records, self.pending = self.pending, 0
        self._cut_offset = mark.next_offset
        return Transaction(
            cut=cut,
            changelog=(*cut.changelog, (MARK_KEY, mark.render())),
            offsets=mark.next_offset,
            records=records,
        )

    def committed(self, transaction: Transaction) -> None:
        """Kafka has it: show the values to readers."""
        self.transactions += 1
        self.counts = transaction.cut.counts
        self.committed_offset = transaction.offsets
        self.fold.committed(transaction.cut)


def _check_positions(taken: RecordList) -> None:
    offsets = [record.offset for record in (*taken.records[:1], *taken.records[-1:])]
    positions = [taken.before, *offsets, taken.after]
    if positions != sorted(positions) or taken.after in offsets:
        raise BrokenInvariant(
            f"{taken.topic}/{taken.partition}: records {offsets} do not lie between the "
            f"consumer's positions {taken.before} and {taken.after}"
        )
