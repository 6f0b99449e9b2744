"""The checker checked: a sound history passes, each invariant has one that breaks it."""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from typing import Any

import pytest

from streams.topics import (
    AVAILABILITY,
    DELIVERIES,
    JOURNAL,
    MOVEMENTS,
    PRODUCTS,
    QUARANTINE,
    STOCK_CHANGELOG,
    TRANSLATE_CHANGELOG,
)
from tests.support.history import NOT_APPLICABLE, Log, Told, check
from tests.support.history_evidence import MARK, End, Partition
from tests.support.history_fold import Fold

AT_MS = 1_783_070_400_000
AT = "2026-07-03T09:20:00Z"
RECEIVED_AT = "2026-07-03T09:20:00Z"
HASH, OTHER_HASH = "0123456789abcdef", "fedcba9876543210"
SHELF = ("NPK", "LEEDS", "MUG")
ARRAY = b'[{"id": 3}, {"id": 4}]'  # the first without effect, the second bad


@dataclass(frozen=True, slots=True)
class Written:
    """A record as its reader finds it."""

    topic: str
    offset: int
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int = 0
    timestamp: int = AT_MS


@dataclass(slots=True)
class History:
    """One partition of everything; records are appended, and then spoilt."""

    records: dict[str, list[Written]] = field(default_factory=dict[str, list[Written]])
    ends: dict[Partition, End] = field(default_factory=dict[Partition, End])
    committed: dict[Partition, int] = field(default_factory=dict[Partition, int])

    def add(self, topic: str, key: str, value: Any, **headers: str) -> None:
        lines = self.records.setdefault(topic, [])
        said = value if isinstance(value, bytes) else json.dumps(value).encode()
        named = tuple((name, text.encode()) for name, text in headers.items())
        lines.append(Written(topic, len(lines), key.encode(), said, named))

    def spoil(self, topic: str, number: int, **fields: Any) -> None:
        """Have a record say something else."""
        line = self.records[topic][number]
        said = json.loads(line.value or b"") | fields
        self.records[topic][number] = replace(line, value=json.dumps(said).encode())

    def overwrite(self, topic: str, number: int, value: bytes) -> None:
        """Have a record be other bytes."""
        self.records[topic][number] = replace(self.records[topic][number], value=value)

    def again(self, topic: str, number: int) -> None:
        """Have a record stand at the end once more."""
        lines = self.records[topic]
        lines.append(replace(lines[number], offset=len(lines)))

    def said(self, topic: str, number: int) -> Any:
        return json.loads(self.records[topic][number].value or b"")

    def log(self) -> Log:
        return Log(self.records, self.ends, self.committed)


def movement(name: str, kind: str, quantity: str, delivery: int, **more: Any) -> dict[str, Any]:
    account, site, sku = SHELF
    return {
        "movement_id": name,
        "kind": kind,
        "sku": sku,
        "site": site,
        "account": account,
        "quantity": quantity,
        "stock_record": None,
        "occurred_at": AT,
        "received_at": RECEIVED_AT,
        "content_hash": HASH,
        "delivery": f"{DELIVERIES.name}/0/{delivery}",
        **more,
    }


def entry(name: str, offset: int, quantity: str, pence: int) -> dict[str, Any]:
    leg = {"debit_pence": max(pence, 0), "credit_pence": max(-pence, 0)}
    other = {"debit_pence": max(-pence, 0), "credit_pence": max(pence, 0)}
    return {
        "entry_id": f"entry:{name}",
        "movement_id": name,
        "sku": "MUG",
        "quantity": quantity,
        "value_pence": pence,
        "postings": [{"account": "stock", **leg}, {"account": "goods_in", **other}],
        "source": f"{MOVEMENTS.name}/0/{offset}",
    }


def card(version: int, on_hand: str, offset: int, pence: int, *names: str) -> dict[str, Any]:
    facts = b"".join(_fact(name) for name in names)
    return {
        "sku": "MUG",
        "version": version,
        "levels": [{"account": "NPK", "site": "LEEDS", "on_hand": on_hand, "held": "0"}],
        "pool": {"units": on_hand, "pence": pence},
        "applied_offset": offset,
        "product_offset": 0,
        "seen": {"forgotten_until": None, "chunks": [[1, AT, b64encode(facts).decode()]]},
    }


def _fact(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=8).digest() + bytes.fromhex(HASH[:8])


def sound() -> History:
    """Return an opening, a receipt of 10, a despatch of 4, its repeat, a conflict, bad bodies.

    Of the bad bodies one is kept whole, of one its bad element, of one the beginning.
    """
    made = History()
    bodies = [b'{"id": 1}', b'{"id": 2}', b'{"id": 2}', b'{"id": 2, "quantity": 5}', b"bad"]
    for body in (*bodies, ARRAY, b"too large"):
        made.add(DELIVERIES.name, "MUG", body)
    opened = {"control": "opening", "account": "NPK", "site": "LEEDS", "at": "2026-07-01T06:00:00Z"}
    made.add(MOVEMENTS.name, "", opened)
    made.add(MOVEMENTS.name, "MUG", movement("m1", "received", "10", 0))
    made.add(MOVEMENTS.name, "MUG", movement("m2", "dispatched", "4", 1))
    made.add(MOVEMENTS.name, "MUG", movement("m2", "dispatched", "4", 2))
    told_otherwise = movement("m2", "dispatched", "5", 3, content_hash=OTHER_HASH)
    made.add(MOVEMENTS.name, "MUG", told_otherwise)
    made.add(PRODUCTS.name, "MUG", {"sku": "MUG"})
    made.add(JOURNAL.name, "received", entry("m1", 1, "10", 500))
    made.add(JOURNAL.name, "despatch", entry("m2", 2, "-4", -200))
    for version, available in ((1, "10"), (2, "6")):
        made.add(AVAILABILITY.name, "MUG", {"version": version, "available": available})
    made.add(QUARANTINE.name, "", b"bad", **bad(4))
    apart = {"origin": f"{MOVEMENTS.name}/0/4", "reason": "told otherwise", "class": "E04"}
    made.add(QUARANTINE.name, "", made.records[MOVEMENTS.name][4].value, **apart)
    made.add(QUARANTINE.name, "", b'{"id": 4}', **bad(5, number=1))
    made.add(QUARANTINE.name, "", b"too la", **bad(6), left_out_bytes="3")
    made.add(STOCK_CHANGELOG.name, "MUG", card(1, "10", 1, 500, "m1"))
    made.add(STOCK_CHANGELOG.name, "MUG", card(2, "6", 2, 300, "m1", "m2"))
    _mark(made)
    return made


def bad(delivery: int, *, number: int = 0) -> dict[str, str]:
    origin = f"{DELIVERIES.name}/0/{delivery}"
    return {"reason": "does not read", "origin": origin, "item": str(number)}


def _mark(made: History) -> None:
    translated = {"deliveries": 7, "items": 8, "movements": 4}
    translated |= {"movement": 4, "without_effect": 1, "quarantined": 3}
    kept = {"controls": 1, "applied": 2, "repeated": 1, "conflict": 1, "products": 1}
    marks = {
        TRANSLATE_CHANGELOG.name: {"next": {DELIVERIES.name: 7}, "counts": translated},
        STOCK_CHANGELOG.name: {"next": {MOVEMENTS.name: 5, PRODUCTS.name: 1}, "counts": kept},
    }
    for changelog, mark in marks.items():
        made.add(changelog, MARK.decode(), mark)
        for topic, reached in mark["next"].items():
            made.ends[Partition(topic, 0)] = End(reached, reached)
            made.committed[Partition(topic, 0)] = reached


def test_a_sound_history_has_no_violation() -> None:
    """What is as it must be is not complained of, what the feeder knows included."""
    told = Told({SHELF: 6_000}, {b'{"id": 2}': 2, b"bad": 1}, (b"canary",))

    assert check(sound().log(), told) == []


def test_a_mark_may_be_said_again_alone() -> None:
    """A lane does so where Kafka has lost the group's offsets, and nothing is taken twice."""
    made = sound()
    made.again(STOCK_CHANGELOG.name, 2)

    assert check(made.log()) == []


def _wrong_level(made: History) -> None:
    levels = [{"account": "NPK", "site": "LEEDS", "on_hand": "7", "held": "0"}]
    made.spoil(STOCK_CHANGELOG.name, 1, levels=levels)


def _wrong_held(made: History) -> None:
    levels = [{"account": "NPK", "site": "LEEDS", "on_hand": "6", "held": "1"}]
    made.spoil(STOCK_CHANGELOG.name, 1, levels=levels)


def _card_lost(made: History) -> None:
    made.records[STOCK_CHANGELOG.name] = made.records[STOCK_CHANGELOG.name][2:]


def _out_of_balance(made: History) -> None:
    legs = made.said(JOURNAL.name, 0)["postings"]
    made.spoil(JOURNAL.name, 0, postings=[legs[0], legs[1] | {"credit_pence": 499}])


def _wrong_value(made: History) -> None:
    made.spoil(JOURNAL.name, 0, value_pence=1)


def _entered_twice(made: History) -> None:
    made.again(JOURNAL.name, 1)


def _never_entered(made: History) -> None:
    del made.records[JOURNAL.name][1]


def _entry_of_nothing(made: History) -> None:
    made.add(JOURNAL.name, "despatch", entry("m2", 3, "-4", 0))


def _drawn_entry_id(made: History) -> None:
    made.spoil(JOURNAL.name, 1, entry_id="entry:3f0c")


def _translated_twice(made: History) -> None:
    made.again(MOVEMENTS.name, 2)


def _delivery_lost(made: History) -> None:
    made.overwrite(DELIVERIES.name, 1, b"{}")


def _clock_of_another(made: History) -> None:
    made.records[DELIVERIES.name][0] = replace(
        made.records[DELIVERIES.name][0], timestamp=AT_MS + 1
    )


def _body_without_fate(made: History) -> None:
    counts = made.said(TRANSLATE_CHANGELOG.name, 0)["counts"] | {"quarantined": 0}
    made.spoil(TRANSLATE_CHANGELOG.name, 0, counts=counts)


def _movement_lost(made: History) -> None:
    del made.records[MOVEMENTS.name][3]


def _counted_otherwise(made: History) -> None:
    counts = made.said(STOCK_CHANGELOG.name, 2)["counts"] | {"applied": 3, "repeated": 0}
    made.spoil(STOCK_CHANGELOG.name, 2, counts=counts)


def _conflict_not_kept(made: History) -> None:
    del made.records[QUARANTINE.name][1]


def _version_stated_twice(made: History) -> None:
    made.again(AVAILABILITY.name, 1)


def _card_goes_back(made: History) -> None:
    made.records[STOCK_CHANGELOG.name][:2] = made.records[STOCK_CHANGELOG.name][1::-1]


def _stale_statement(made: History) -> None:
    del made.records[AVAILABILITY.name][1]


def _never_stated(made: History) -> None:
    made.records[AVAILABILITY.name] = []


def _pool_differs(made: History) -> None:
    made.spoil(STOCK_CHANGELOG.name, 1, pool={"units": "6", "pence": 301})


def _units_differ(made: History) -> None:
    made.spoil(JOURNAL.name, 1, quantity="-5")


def _identity_lost(made: History) -> None:
    made.spoil(STOCK_CHANGELOG.name, 1, seen=card(2, "6", 2, 300, "m1")["seen"])


def _mark_goes_back(made: History) -> None:
    made.again(STOCK_CHANGELOG.name, 2)
    made.spoil(STOCK_CHANGELOG.name, 2, next={MOVEMENTS.name: 9, PRODUCTS.name: 1})


def _committed_twice(made: History) -> None:
    made.again(STOCK_CHANGELOG.name, 1)
    made.again(STOCK_CHANGELOG.name, 2)


def _said_again_otherwise(made: History) -> None:
    made.again(STOCK_CHANGELOG.name, 2)
    made.spoil(
        STOCK_CHANGELOG.name, 3, counts=made.said(STOCK_CHANGELOG.name, 2)["counts"] | {"parked": 1}
    )


def _movement_written_anew(made: History) -> None:
    said = made.said(QUARANTINE.name, 1)
    made.overwrite(QUARANTINE.name, 1, json.dumps(said, indent=1).encode())


def _no_reason(made: History) -> None:
    line = made.records[QUARANTINE.name][0]
    made.records[QUARANTINE.name][0] = replace(line, headers=line.headers[:1])


def _left_to_take(made: History) -> None:
    made.ends[Partition(DELIVERIES.name, 0)] = End(8, 8)


def _transaction_open(made: History) -> None:
    made.ends[Partition(JOURNAL.name, 0)] = End(2, 3)


def _committed_ahead(made: History) -> None:
    made.committed[Partition(MOVEMENTS.name, 0)] = 6


def _committed_offset_lost(made: History) -> None:
    del made.committed[Partition(MOVEMENTS.name, 0)]


def _secret_written(made: History) -> None:
    line = made.records[QUARANTINE.name][0]
    path = ("original-path", b"/clarus/canary/stock")
    made.records[QUARANTINE.name][0] = replace(line, headers=(*line.headers, path))


OTHER_BYTES: list[Callable[[History], None]] = [
    partial(History.overwrite, topic=QUARANTINE.name, number=number, value=value)
    for number, value in (
        (0, b"good"),
        (0, b""),
        (0, b"ba"),
        (2, b'{"id": 3}'),  # another element
        (2, b'{"id":4}'),  # the element, written anew
        (3, b"too l"),  # more left out than is said
    )
]
CASES: list[tuple[str, Callable[[History], None]]] = [
    ("I1", _wrong_level),
    ("I1", _wrong_held),
    ("I1", _card_lost),
    ("I2", _out_of_balance),
    ("I2", _wrong_value),
    ("I3", _entered_twice),
    ("I3", _never_entered),
    ("I3", _entry_of_nothing),
    ("I3", _drawn_entry_id),
    ("I3", _translated_twice),
    ("I4", _delivery_lost),
    ("I4", _clock_of_another),
    ("I4", _body_without_fate),
    ("I4", _movement_lost),
    ("I4", _counted_otherwise),
    ("I4", _conflict_not_kept),
    ("I5", _version_stated_twice),
    ("I5", _card_goes_back),
    ("I6", _stale_statement),
    ("I6", _never_stated),
    ("I7", _pool_differs),
    ("I7", _units_differ),
    ("I9", _identity_lost),
    ("I10", _mark_goes_back),
    ("I10", _committed_twice),
    ("I10", _said_again_otherwise),
    ("I10", _card_goes_back),
    *(("I11", spoil) for spoil in OTHER_BYTES),
    ("I11", _movement_written_anew),
    ("I11", _no_reason),
    ("I13", _left_to_take),
    ("I13", _transaction_open),
    ("I15", _committed_ahead),
    ("I15", _committed_offset_lost),
    ("I16", _secret_written),
]


@pytest.mark.parametrize(("invariant", "spoil"), CASES)
def test_each_invariant_catches_what_breaks_it(
    invariant: str, spoil: Callable[[History], None]
) -> None:
    """One thing is wrong, and the invariant that forbids it says so."""
    made = sound()
    spoil(made)

    told = Told(bodies={b'{"id": 2}': 2}, secrets=(b"canary",))
    assert invariant in {violation.invariant for violation in check(made.log(), told)}


def test_the_feeders_own_count_is_held_against_the_movements() -> None:
    """A movement that translate never made is missed by who told it."""
    found = check(sound().log(), Told(levels={SHELF: 7_000}))

    assert [violation.invariant for violation in found] == ["I1"]
    assert found[0].sku == "MUG"


def test_a_violation_names_where_and_what() -> None:
    """Invariant, topic, partition, offset and SKU stand in one line."""
    made = sound()
    _pool_differs(made)

    said = str(check(made.log())[0])
    assert said.startswith(f"I7 at {STOCK_CHANGELOG.name}/0/1 MUG: ")


def test_what_is_not_checked_is_said() -> None:
    """Every invariant of the programme is checked, or is named with its reason."""
    checked = {f"I{number}" for number in (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13, 15)}
    named = {name.partition(",")[0] for name in NOT_APPLICABLE}

    assert {f"I{number}" for number in range(1, 16)} == checked | named


def test_what_a_person_accepted_is_said_when_it_comes_again() -> None:
    """A conflict is kept apart once; accepted, its repeat is a repeat."""
    fold = Fold(opened={("NPK", "LEEDS"): datetime(2026, 7, 1, tzinfo=UTC)})
    other = movement("m1", "received", "5", 1, content_hash=OTHER_HASH)
    accepted = other | {"movement_id": f"accepted:m1:{OTHER_HASH}", "accepts": "m1"}
    told = (movement("m1", "received", "10", 0), other, accepted, other)
    for offset, said in enumerate(told):
        fold.take(offset, json.dumps(said).encode())

    assert dict(fold.fates) == {"applied": 2, "conflict": 1, "repeated": 1}
    assert fold.apart == {1: "E04"}
