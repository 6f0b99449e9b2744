"""A history made by hand, of one partition of everything: sound, until a test spoils it."""

import json
from base64 import b64encode
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

from streams.topics import (
    AVAILABILITY,
    DELIVERIES,
    EXCEPTIONS,
    JOURNAL,
    MOVEMENTS,
    PRODUCTS,
    QUARANTINE,
    STOCK_CHANGELOG,
    TRANSLATE_CHANGELOG,
)
from tests.support.history import Log
from tests.support.history_evidence import MARK, End, Partition

AT_MS = 1_783_070_400_000
AT = "2026-07-03T09:20:00Z"
RECEIVED_AT = "2026-07-03T09:20:00Z"
DAY = datetime.fromisoformat(RECEIVED_AT).toordinal()
HASH, OTHER_HASH = "0123456789abcdef", "fedcba9876543210"
SHELF = ("NPK", "LEEDS", "MUG")
COST = {"unit_cost_pence": "50.0000"}  # of a product
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
        "seen": {"forgotten_until": None, "chunks": [[DAY, AT, b64encode(facts).decode()]]},
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
    product = {"sku": "MUG", "version": 1, "saleable": True, **COST}
    made.add(PRODUCTS.name, "MUG", product)
    made.add(JOURNAL.name, "received", entry("m1", 1, "10", 500))
    made.add(JOURNAL.name, "despatch", entry("m2", 2, "-4", -200))
    for version, available in ((1, "10"), (2, "6")):
        made.add(AVAILABILITY.name, "MUG", {"version": version, "available": available})
    made.add(QUARANTINE.name, "", b"bad", **bad(4))
    apart = {"origin": f"{MOVEMENTS.name}/0/4", "reason": "told otherwise", "class": "E04"}
    made.add(QUARANTINE.name, "", made.records[MOVEMENTS.name][4].value, **apart)
    made.add(QUARANTINE.name, "", b'{"id": 4}', **bad(5, number=1))
    made.add(QUARANTINE.name, "", b"too la", **bad(6), left_out_bytes="3")
    name = f"E04:m2:{OTHER_HASH}"
    made.add(EXCEPTIONS.name, name, {"exception_id": name, "state": "raised"})
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
