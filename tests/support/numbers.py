"""What the engine's own tests send, and what must have become of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from streams.engine.mark import MARK_KEY
from tests.support.kafka import Record

KEYS = 20


@dataclass(frozen=True, slots=True)
class Number:
    """One record for the folds of `folds.py`."""

    id: int

    @property
    def key(self) -> bytes:
        return b"K%d" % (self.id % KEYS)

    @property
    def add(self) -> int:
        return self.id % 7 + 1

    @property
    def value(self) -> bytes:
        return orjson.dumps({"id": self.id, "add": self.add})


def check_movements(sent: Sequence[Number], movements: Iterable[Record]) -> None:
    """Hold the copies: each number once."""
    ids = [orjson.loads(record.value or b"")["id"] for record in movements]

    assert Counter(number.id for number in sent) == Counter(ids)


def check_output(sent: Sequence[Number], output: Iterable[Record]) -> None:
    """Hold the output: each number added once, to the sum of those before it."""
    sums: Counter[bytes] = Counter()
    said: Counter[int] = Counter()
    for record in output:
        fields = orjson.loads(record.value or b"")
        sums[record.key or b""] += Number(fields["id"]).add
        said[fields["id"]] += 1

        assert sums[record.key or b""] == fields["sum"], fields

    assert Counter(number.id for number in sent) == said


def check_changelogs(
    sent: Sequence[Number], *, copied: Iterable[Record], added: Iterable[Record]
) -> None:
    """Hold cards and marks: the sums, and every number counted."""
    sums: Counter[bytes] = Counter()
    for number in sent:
        sums[number.key] += number.add
    cards, count = _last(added, "added")

    assert {key: {"sum": value, "times": 1} for key, value in sums.items()} == cards
    assert (len(sent), len(sent)) == (count, _last(copied, "copied")[1])


def _last(changelog: Iterable[Record], fate: str) -> tuple[dict[bytes, Any], int]:
    cards: dict[bytes, Any] = {}
    marks: dict[int, Any] = {}
    for record in changelog:
        fields = orjson.loads(record.value or b"")
        if record.key == MARK_KEY:
            marks[record.partition] = fields
        else:
            cards[record.key or b""] = fields
    return cards, sum(mark["counts"][fate] for mark in marks.values())
