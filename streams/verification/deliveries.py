"""Deliveries of one partition: each item has one fate, and the mark's counts add up to them."""

import json
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.engine.fold import SourceRecord
from streams.topics import DELIVERIES
from streams.verification.evidence import Evidence
from streams.verification.findings import Findings
from streams.verification.policy import Policy

BODY_BYTES_MAX = 524_288  # a larger body is one item, refused whole
ITEMS_MAX = 2_000  # of one array; one with more is one item, refused whole
TRANSFERRED = "account_transferred"
# Events of `stock` that move stock: without evidence of a fate they must be of a foreign account.
MOVING = frozenset(
    {"positively_adjusted", "negatively_adjusted", "placed_on_hold", "released_from_hold"}
    | {"received", "unreceived", "dispatched", "undispatched", TRANSFERRED}
)
TOLD_BY_HEADERS = frozenset({"received", "unreceived", "dispatched", "undispatched"})
ACCEPTS = "stock_accepts"


@dataclass(slots=True)
class Deliveries:
    """What translate must have counted. Movements are noted before deliveries are taken."""

    partition: int
    until: int  # translate's mark
    policy: Policy
    findings: Findings
    # By account, the delivery from which on it was ours; what came before was rightly foreign.
    ours_since: Mapping[str, int]
    deliveries: int = 0
    items: int = 0
    movements: int = 0  # records that cite a delivery below the mark
    held: int = 0
    quarantined: int = 0
    _moved: "array[int]" = field(default_factory=lambda: array("H"))  # movements, by offset
    _items_moved: tuple[int, int] = (0, 0)  # items with a movement: at least, at most
    _silent: tuple[int, int] = (0, 0)  # items without evidence: of moving events, of others
    _last: int = -1

    def note_movement(self, offset: int) -> None:
        """Note that a movement cites the delivery at an offset."""
        if offset < self.until:
            self.movements += 1
            if offset >= len(self._moved):
                self._moved.extend([0] * (self.until - len(self._moved)))
            self._moved[offset] = min(self._moved[offset] + 1, 0xFFFF)

    def take(self, record: SourceRecord, evidence: Evidence) -> None:
        """Take the next delivery below the mark."""
        self._look_between(record.offset)
        self._last = record.offset
        self.deliveries += 1
        items = items_of(record)
        self.items += items
        source = record.topic, record.partition, record.offset
        refused = len(evidence.quarantined.get(source, ()))
        held = evidence.held.get(source, 0)
        self.quarantined += refused
        self.held += held
        moved = self._moved[record.offset] if record.offset < len(self._moved) else 0
        left = items - refused - held
        if left < bool(moved):
            self._find(record, f"{items} items have {refused + held + bool(moved)} fates")
        self._count(record, moved, max(0, left))

    def _count(self, record: SourceRecord, moved: int, left: int) -> None:
        least, most = bool(moved), min(left, moved)
        self._items_moved = self._items_moved[0] + least, self._items_moved[1] + most
        is_moving = _moves(record, self.policy)
        silent = 0 if moved else left
        moving, other = self._silent
        self._silent = (moving + silent, other) if is_moving else (moving, other + silent)
        if silent and is_moving and self._is_ours(record):
            self._find(record, "it moves stock of an account of ours, and left no trace")

    def _is_ours(self, record: SourceRecord) -> bool:
        """Say whether the body of one record names an account that was ours when it was read."""
        is_transfer = _header(record, "clarus_event") == TRANSFERRED
        named = self.policy.owners.of_ours(record.value, is_transfer=is_transfer)
        return any(self.ours_since.get(name, self.until) <= record.offset for name in named)

    def _look_between(self, offset: int) -> None:
        for missing in range(self._last + 1, min(offset, len(self._moved))):
            if self._moved[missing]:
                what = "a movement cites it, and there is no delivery here"
                self.findings.add(DELIVERIES.name, self.partition, missing, None, what)

    def judge(self, mark: Mapping[str, Any], evidence: Evidence, begins_at: int) -> None:
        """Hold the mark's counts against the log; older deliveries than are kept prove nothing."""
        self._look_between(self.until)
        counts = mark["counts"]
        fates = ("movement", "without_effect", "foreign", "held", "quarantined")
        total = sum(counts.get(fate, 0) for fate in fates)
        if counts.get("items", 0) != total:
            self._say(f"{counts.get('items', 0)} items are counted with {total} fates")
        if begins_at or evidence.begins_late:
            return
        for name in ("deliveries", "items", "movements", "held", "quarantined"):
            if counts.get(name, 0) != getattr(self, name):
                self._say(f"counts {counts.get(name, 0)} {name}, {getattr(self, name)} are there")
        least, most = self._items_moved
        if not least <= counts.get("movement", 0) <= most:
            self._say(f"counts {counts.get('movement', 0)} items with movements, {least} have some")
        self._judge_silent(counts, exact=least == most)

    def _judge_silent(self, counts: Mapping[str, int], *, exact: bool) -> None:
        """Require that what left no trace was counted as foreign, or as without effect."""
        moving, other = self._silent
        foreign = counts.get("foreign", 0)
        if exact and self.policy.feed_is_stock and foreign < moving:
            self._say(f"counts {foreign} foreign items, {moving} that move stock left no trace")
        counted = foreign + counts.get("without_effect", 0)
        if exact and counted != moving + other:
            self._say(f"counts {counted} items that left no trace, {moving + other} did")

    def _say(self, what: str) -> None:
        what = f"translate's mark {what}"
        self.findings.add(DELIVERIES.name, self.partition, None, None, what)

    def _find(self, record: SourceRecord, what: str) -> None:
        sku = (record.key or b"").decode(errors="replace")
        self.findings.add(DELIVERIES.name, self.partition, record.offset, sku, what)


def items_of(record: SourceRecord) -> int:
    """Return how many items a delivery has: an array's records, else one."""
    value = record.value or b""
    body = value.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if not body.startswith(b"[") or _header(record, ACCEPTS) is not None:
        return 1
    if len(value) > BODY_BYTES_MAX:
        return 1
    try:
        # Numbers stay text: their length is no fault of the array's.
        read = json.loads(
            body.decode(),
            object_pairs_hook=_no_name_twice,
            parse_constant=_no_constant,
            parse_float=str,
            parse_int=str,
        )
    except (ValueError, RecursionError):
        return 1
    return len(read) if 1 <= len(read) <= ITEMS_MAX else 1


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name twice")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _moves(record: SourceRecord, policy: Policy) -> bool:
    event = _header(record, "clarus_event")
    if _header(record, "clarus_resource") != "stock" or event not in MOVING:
        return False
    return policy.feed_is_stock or event not in TOLD_BY_HEADERS


def _header(record: SourceRecord, name: str) -> str | None:
    return next((v.decode(errors="replace") for k, v in record.headers if k == name and v), None)
