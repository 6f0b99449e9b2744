"""Two small agents for the engine's own tests: one copies records on, one adds them up.

They have the shape of translate and keep_stock, and nothing of their meaning, so that what these
tests find is the engine's.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from streams.engine.fold import Cut, Place, Send, SourceRecord
from streams.engine.runner import Agent

COPY, ADD, TABLE = "copy", "add", "stock"


@dataclass(frozen=True, slots=True)
class Names:
    """The topics of one test: its own, so that tests which share a broker never meet."""

    app_id: str

    @property
    def deliveries(self) -> str:
        return f"{self.app_id}.deliveries"

    @property
    def movements(self) -> str:
        return f"{self.app_id}.movements"

    @property
    def products(self) -> str:
        return f"{self.app_id}.products"

    @property
    def output(self) -> str:
        return f"{self.app_id}.output"

    @property
    def copy_changelog(self) -> str:
        return f"{self.app_id}-{COPY}-changelog"

    @property
    def add_changelog(self) -> str:
        """Return the name that Faust gives the table's changelog."""
        return f"{self.app_id}-{TABLE}-changelog"

    @property
    def plain(self) -> tuple[str, ...]:
        return self.deliveries, self.movements, self.products, self.output

    @property
    def changelogs(self) -> tuple[str, ...]:
        return self.copy_changelog, self.add_changelog


class CopyFold:
    """Copies every delivery to the same partition of the movements topic."""

    def __init__(self, names: Names, partition: int) -> None:
        self._place: Place = (names.movements, partition)
        self._sends: list[Send] = []
        self._count = 0

    def restore(
        self,
        changelog: Mapping[bytes, bytes],
        counts: Mapping[str, int],
        state: Mapping[str, Any],
    ) -> None:
        assert not changelog
        assert not state
        self._count = counts.get("copied", 0)

    @property
    def is_unfinished(self) -> bool:
        return False

    def fold(self, records: Sequence[SourceRecord]) -> int:
        for record in records:
            self._sends.append((record.key, record.value, []))
            self._count += 1
        return len(records)

    def go_on(self) -> int:
        return 0

    def cut(self) -> Cut:
        sends, self._sends = self._sends, []
        return Cut({self._place: sends}, (), {"copied": self._count}, {})

    def committed(self, cut: Cut) -> None:
        """Nothing to show."""

    def committed_values(self) -> Mapping[bytes, bytes]:
        return {}


class SumFold:
    """Adds up whole numbers by key, times what the products topic says, and says every new sum.

    A record that is to be added `pieces` times is added once, and once more by every `go_on`.
    """

    def __init__(
        self,
        names: Names,
        partition: int,
        before_restore: Callable[[], object] = bool,
        fold_s: float = 0.0,
    ) -> None:
        self._place: Place = (names.output, partition)
        self._products = names.products
        self._before_restore = before_restore
        self._fold_s = fold_s
        self._cards: dict[bytes, dict[str, int]] = {}
        self._touched: set[bytes] = set()
        self._sends: list[Send] = []
        self._count = 0
        self._left: dict[str, Any] = {}  # what is to be added again, and how often
        self._committed: dict[bytes, bytes] = {}

    def restore(
        self,
        changelog: Mapping[bytes, bytes],
        counts: Mapping[str, int],
        state: Mapping[str, Any],
    ) -> None:
        self._left = dict(state)
        self._before_restore()  # reading many cards back may take long
        self._cards = {key: orjson.loads(value) for key, value in changelog.items()}
        self._committed = dict(changelog)
        self._count = counts.get("added", 0)

    @property
    def is_unfinished(self) -> bool:
        return bool(self._left)

    def fold(self, records: Sequence[SourceRecord]) -> int:
        assert not self._left
        dawdle(self._fold_s)
        for count, record in enumerate(records, 1):
            if record.value == b"poison":
                raise ArithmeticError("a record that the test fold cannot add")
            fields = orjson.loads(record.value)
            card = self._cards.setdefault(record.key, {"sum": 0, "times": 1})
            self._touched.add(record.key)
            if record.topic == self._products:
                card["times"] = fields["times"]
                continue
            self._add(record.key, fields)
            if self._left:
                return count
        return len(records)

    def go_on(self) -> int:
        if not self._left:
            return 0
        self._add(self._left["key"].encode(), self._left)
        return 1

    def _add(self, key: bytes, fields: Mapping[str, Any]) -> None:
        card = self._cards[key]
        card["sum"] += fields["add"] * card["times"]
        said = orjson.dumps({"id": fields["id"], "sum": card["sum"]})
        self._touched.add(key)
        self._sends.append((key, said, []))
        self._count += 1
        pieces = fields.get("pieces", 1) - 1
        self._left = {**fields, "key": key.decode(), "pieces": pieces} if pieces else {}

    def cut(self) -> Cut:
        sends, self._sends = self._sends, []
        touched, self._touched = self._touched, set()
        changelog = [(key, orjson.dumps(self._cards[key])) for key in sorted(touched)]
        return Cut({self._place: sends}, changelog, {"added": self._count}, dict(self._left))

    def committed(self, cut: Cut) -> None:
        self._committed.update((key, value) for key, value in cut.changelog if value is not None)

    def committed_values(self) -> Mapping[bytes, bytes]:
        return self._committed


def dawdle(seconds: float) -> None:
    """Take as long as reading many cards back, or folding a long list, may take."""
    time.sleep(seconds)


def agents(
    names: Names, *, before_restore: Callable[[], object] = bool, fold_s: float = 0.0
) -> tuple[Agent, ...]:
    """Return both agents on the topics of one test."""
    return (
        Agent(
            COPY,
            (names.deliveries,),
            names.copy_changelog,
            partial(CopyFold, names),
            writes=(names.movements,),
        ),
        Agent(
            ADD,
            (names.movements, names.products),
            names.add_changelog,
            partial(SumFold, names, before_restore=before_restore, fold_s=fold_s),
            read_first=names.products,
            writes=(names.output,),
        ),
    )
