"""What became of records, as quarantine and the held documents show it."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import orjson

from streams.engine.fold import SourceRecord

Source = tuple[str, int, int]  # topic, partition, offset


@dataclass(slots=True)
class Evidence:
    """By the record it is about. Both topics are kept 90 days: what is older has none."""

    quarantined: defaultdict[Source, set[int]] = field(  # items of a delivery
        default_factory=lambda: defaultdict(set)
    )
    kept_apart: dict[Source, str] = field(default_factory=dict[Source, str])  # class E04 or E05
    held: Counter[Source] = field(default_factory=Counter[Source])
    begins_late: bool = False  # some of it was deleted already

    def take_quarantined(self, record: SourceRecord) -> None:
        """Take a record of the quarantine topic."""
        headers = dict(record.headers)
        source = parse_source(headers.get("origin", b"").decode(errors="replace"))
        if source is None:
            return
        if "class" in headers:
            self.kept_apart[source] = headers["class"].decode(errors="replace")
        else:
            self.quarantined[source].add(int(headers.get("item", b"0")))

    def take_held(self, record: SourceRecord) -> None:
        """Take a record of the held documents."""
        try:
            source = parse_source(orjson.loads(record.value or b"")["delivery"])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return
        if source is not None:
            self.held[source] += 1


def parse_source(text: object) -> Source | None:
    """Return topic, partition and offset of `topic/partition/offset`; None for other text."""
    if not isinstance(text, str):
        return None
    parts = text.split("/")
    if len(parts) != 3 or not all(map(str.isdecimal, parts[1:])):
        return None
    return parts[0], int(parts[1]), int(parts[2])
