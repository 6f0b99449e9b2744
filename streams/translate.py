"""translate: deliveries of one partition to movements, held documents and quarantine.

The hops of one record: `fold` -> `_take` -> `streams.clarus.shapes.read` -> one of the outputs.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, assert_never

from ledger.errors import MalformedRecord
from ledger.held import Held
from ledger.movement import Movement
from ledger.wire import hashed, parse_movement, render_movement
from ledger.wire_held import render_held
from streams.clarus.arrival import Arrival, Foreign, HeldBack, Moved
from streams.clarus.bodies import key_of
from streams.clarus.completions import Completed, Disowned
from streams.clarus.delivery import ACCEPTS, EVENT, RESOURCE, TENANT
from streams.clarus.fates import WithoutEffect
from streams.clarus.records import NoRecord, Unreadable, read_records
from streams.clarus.shapes import Outcome, read
from streams.clarus.words import Words
from streams.engine.errors import RefusesToRun
from streams.engine.fold import Cut, Place, Send, SourceRecord
from streams.headers import BYTES, event_kind, header, quarantined, rfc3339, source_of, time_of
from streams.partitions import partition_of
from streams.settings import Settings
from streams.topics import HELD, MOVEMENTS, QUARANTINE, TRANSLATE
from tables.completed import CompletedDocuments

SAID_BEFORE = WithoutEffect("the document states nothing that it or a later one did not say before")
CODES_CACHED_MAX = 65_536  # partitions of SKUs remembered; a SKU beyond is reckoned anew


class Translate:
    """The fold of translate for one partition; pure but for its own state."""

    def __init__(self, partition: int, settings: Settings) -> None:
        require_accounts(settings)
        self._partition = partition
        self._tenant = settings.clarus.tenant
        self._accounts = settings.clarus.accounts
        self._ours_since: dict[str, int] = {}  # by account, the delivery from which on it is ours
        self._words = Words(settings.clarus)
        self._partitions = settings.partitions
        self._sends: defaultdict[Place, list[Send]] = defaultdict(list)
        self._counts: Counter[str] = Counter()
        self._documents = CompletedDocuments()  # of a tenant that can send only header events
        self._moved = event_kind(MOVEMENTS.name, TRANSLATE, partition)
        self._held = event_kind(HELD.name, TRANSLATE, partition)
        self._refused = event_kind(QUARANTINE.name, TRANSLATE, partition, content=BYTES)

    def restore(
        self,
        changelog: Mapping[bytes, bytes],
        counts: Mapping[str, int],
        state: Mapping[str, Any],
    ) -> None:
        """Go on where the last worker ended."""
        self._counts = Counter(counts)
        self._documents.restore(changelog)
        since = state.get("ours_since", {})
        self._ours_since = {name: since[name] for name in self._accounts if name in since}

    @property
    def is_unfinished(self) -> bool:
        """Say no: a delivery is done when it is folded."""
        return False

    def fold(self, records: Sequence[SourceRecord]) -> int:
        """Translate deliveries in offset order; no delivery can stop it."""
        for name in self._accounts:
            self._ours_since.setdefault(name, records[0].offset)
        for record in records:
            self._counts["deliveries"] += 1
            if header(record, ACCEPTS) is None:
                self._take(record)
            else:
                self._accept(record)
        return len(records)

    def go_on(self) -> int:
        """Do nothing: there is never anything left."""
        return 0

    def cut(self) -> Cut:
        """Return everything said since the last cut."""
        sends, self._sends = self._sends, defaultdict(list)
        return Cut(
            outputs=sends,
            changelog=self._documents.snapshot(),
            counts=dict(self._counts),
            state={"ours_since": dict(self._ours_since)},
        )

    def committed(self, cut: Cut) -> None:
        """Show nothing: what is said is in the topics."""

    def committed_values(self) -> Mapping[bytes, bytes]:
        """Return nothing: translate has no table."""
        return {}

    def _take(self, record: SourceRecord) -> None:
        records = read_records(record.value or b"")
        for number, found in enumerate(records):
            self._counts["items"] += 1
            if isinstance(found, NoRecord):
                self._quarantine(record, found, number)
                continue
            try:
                outcome = read(found, self._arrival(record, number), self._words)
                if isinstance(outcome, Completed) and len(records) > 1:
                    key = key_of(found.fields, outcome.arrival.event[0], found.bytes, self._words)
                    _require_own(_partition_of(key, self._partitions), self._partition)
                self._say(outcome)
            except Unreadable as refusal:
                self._quarantine(record, NoRecord(str(refusal), found.bytes), number)

    def _say(self, outcome: Outcome) -> None:
        match outcome:
            case Moved(movements):
                self._counts["movement"] += 1
                for movement in movements:
                    self._move(movement)
            case Completed():
                self._say(self._complete(outcome))
            case Disowned():
                self._say(_taken_back(outcome, self._documents))
            case WithoutEffect():
                self._counts["without_effect"] += 1
            case Foreign():
                self._counts["foreign"] += 1
            case HeldBack(held):
                self._counts["held"] += 1
                self._hold(held)
            case _:
                assert_never(outcome)

    def _complete(self, completed: Completed) -> Moved | WithoutEffect:
        """Return the movements of what a completed document says anew."""
        difference = self._documents.take(completed.statement, completed.arrival.received_at)
        if difference is None or not difference.changes:
            return SAID_BEFORE
        return Moved(completed.movements(difference))

    def _accept(self, record: SourceRecord) -> None:
        """Let in a movement of ours that was kept apart and that a person accepted."""
        self._counts["items"] += 1
        try:
            movement = _accepted(record)
        except MalformedRecord as error:
            self._quarantine(record, NoRecord(str(error), record.value or b""), 0)
            return
        self._say(Moved((movement,)))

    def _arrival(self, record: SourceRecord, number: int) -> Arrival:
        resource, event = header(record, RESOURCE), header(record, EVENT)
        if not resource or not event:
            raise Unreadable(f"the delivery has no header {EVENT if resource else RESOURCE}")
        tenant = header(record, TENANT)
        if tenant not in (None, self._tenant):
            raise Unreadable(f"it is of tenant {tenant!r}, and this ledger is of {self._tenant!r}")
        return Arrival(
            self._tenant, (resource, event), time_of(record.timestamp), source_of(record), number
        )

    def _move(self, movement: Movement) -> None:
        self._counts["movements"] += 1
        key = movement.sku.encode()
        headers = self._moved.headers(movement.movement_id, rfc3339(movement.occurred_at))
        place = (MOVEMENTS.name, _partition_of(key, self._partitions))
        self._sends[place].append((key, render_movement(movement), headers))

    def _hold(self, held: Held) -> None:
        key = f"{held.resource}:{held.document_id}".encode()
        headers = self._held.headers(f"{held.held_id}:{held.delivery}", rfc3339(held.received_at))
        place = (HELD.name, partition_of(key, self._partitions))
        self._sends[place].append((key, render_held(held), headers))

    def _quarantine(self, record: SourceRecord, refused: NoRecord, number: int) -> None:
        self._counts["quarantined"] += 1
        send = quarantined(record, self._refused, refused.reason, item=number, own=refused.bytes)
        place = (QUARANTINE.name, partition_of(send[0] or b"", self._partitions))
        self._sends[place].append(send)


def require_accounts(settings: Settings) -> None:
    """Refuse to run while no account is ours: every movement would be counted as foreign."""
    if not settings.clarus.accounts:
        raise RefusesToRun(
            "no account is named as this company's, so every movement would be somebody else's: "
            'set accounts = ["CODE"] under [clarus] in stock.toml, or STOCK_CLARUS__ACCOUNTS'
        )


def _taken_back(disowned: Disowned, documents: CompletedDocuments) -> Completed | Foreign:
    """Return a document of others as foreign, unless it was told of as ours before."""
    if not documents.knows(disowned.document):
        return Foreign()
    if isinstance(disowned.stated, Unreadable):
        raise disowned.stated
    return disowned.stated


def _require_own(own: int, partition: int) -> None:
    """Refuse a document of an array that would go elsewhere alone: what it said before is there."""
    if own != partition:
        raise Unreadable(
            f"what it stated before is remembered in partition {own}, and this array is in "
            f"{partition}: a replay sends it there, alone"
        )


def _accepted(record: SourceRecord) -> Movement:
    movement = parse_movement(record.value or b"")
    named = header(record, ACCEPTS)
    if movement.movement_id != named:
        raise MalformedRecord(f"it accepts {named!r}, and its bytes are {movement.movement_id!r}")
    accepted = replace(
        movement,
        movement_id=movement.accepted_id,
        accepts=movement.movement_id,
        received_at=time_of(record.timestamp),
        delivery=source_of(record),
    )
    return hashed(accepted)


@lru_cache(maxsize=CODES_CACHED_MAX)
def _partition_of(key: bytes, partitions: int) -> int:
    return partition_of(key, partitions)
