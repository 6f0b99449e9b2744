"""One lane of translate anew: its counts and its documents, from the deliveries that are kept."""

from collections.abc import Mapping, Sequence

from streams.engine.fold import Cut, SourceRecord
from streams.engine.lane import Transaction
from streams.engine.mark import MARK_KEY, Mark, fingerprint
from streams.settings import Settings
from streams.topics import DELIVERIES, TRANSLATE, TRANSLATE_CHANGELOG
from streams.translate import Translate


class TranslateLane:
    """Takes a partition's deliveries up to where the lane had come; says nothing again."""

    agent = TRANSLATE
    changelog_topic = TRANSLATE_CHANGELOG.name

    def __init__(self, partition: int, settings: Settings) -> None:
        self.partition = partition
        self.records = 0
        self._fold = Translate(partition, settings)
        self._image: dict[bytes, bytes | None] = {}
        self._last_seen: dict[str, str] = {}
        self._cut: Cut | None = None

    def take(self, records: Sequence[SourceRecord]) -> None:
        """Fold deliveries; their movements are in the log already."""
        if records:
            self.records += len(records)
            self._fold.fold(records)
            self._last_seen[DELIVERIES.name] = fingerprint(records[-1])
            self._cut = self._fold.cut()
            self._image.update(self._cut.changelog)

    def transaction(self, until: Mapping[str, int]) -> Transaction:
        """Return what makes the lane stand at `until`."""
        counts = dict(self._cut.counts) if self._cut else {}
        state = self._cut.state if self._cut else {}
        mark = Mark(dict(until), self._last_seen, counts, state)
        return Transaction(
            cut=Cut({}, (), counts, state),
            changelog=[*self._image.items(), (MARK_KEY, mark.render())],
            offsets=until,
            records=self.records,
        )
