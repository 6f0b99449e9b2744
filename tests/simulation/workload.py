"""What one universe is told: deliveries as a warehouse would send them, products, an opening."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import orjson

from ledger.movement import Movement, MovementKind, Opened
from ledger.valuation import Product
from ledger.wire import hashed, render_movement, render_opened, render_product
from streams.clarus.delivery import EVENT, RESOURCE, TENANT
from streams.engine.fold import Send
from streams.partitions import partition_of
from streams.topics import DELIVERIES, MOVEMENTS, PRODUCTS

TENANT_NAME, ACCOUNT, SITES = "sim", "NPK", ("LEEDS", "HULL")
SKUS = tuple(f"SKU-{number}" for number in range(6))
BEGAN = datetime(2026, 7, 3, 9, tzinfo=UTC)
OPENED_AT = BEGAN + timedelta(minutes=1)
INWARD = ("received", "positively_adjusted", "undispatched")
OUTWARD = ("dispatched", "negatively_adjusted", "unreceived")
HOLDS = ("placed_on_hold", "released_from_hold")
NOTES = (None, "damaged", "found", "counted again", "???")

Append = tuple[str, int, Send]  # topic, partition, record


@dataclass(frozen=True, slots=True)
class Odds:
    """How likely each misbehaviour of the sender is; drawn once a universe."""

    duplicate: float
    late: float  # arrives among later ones
    conflict: float  # same id, other content
    poison: float
    foreign: float
    hold: float


@dataclass(frozen=True, slots=True)
class Opening:
    """One transaction over all partitions, whole or not at all."""

    appends: tuple[Append, ...]


def draw_odds(random: Random) -> Odds:
    """Return the odds of one universe; a quarter of them have none."""
    if random.random() < 0.25:
        return Odds(0, 0, 0, 0, 0, 0.1)
    return Odds(*(random.uniform(0, most) for most in (0.2, 0.3, 0.05, 0.05, 0.05, 0.2)))


def workload(random: Random, movements: int, partitions: int, odds: Odds) -> list[Append | Opening]:
    """Return everything that is written from outside, in the order of its arrival."""
    told: list[Append | Opening] = []
    for number in range(movements):
        for resource_event, body in _delivery(random, number, odds):
            at = len(told) - (random.randint(0, 8) if random.random() < odds.late else 0)
            told.insert(max(0, at), _append(resource_event, body, partitions))
    for version in (1, 2):
        for sku in SKUS[:-1]:  # the last has no cost: its movements stay parked
            product = Product(sku, version, random.randint(1, 9_999_999), saleable=True)
            send = (sku.encode(), render_product(product), [])
            told.insert(
                random.randint(0, len(told)),
                (PRODUCTS.name, _partition_of(sku.encode(), partitions), send),
            )
    told.insert(random.randint(0, len(told) // 2), opening(random, partitions))
    return told


def opening(random: Random, partitions: int) -> Opening:
    """Return the position of both sites; one SKU is not listed, and is open all the same."""
    appends: list[Append] = []
    for site in SITES:
        for sku in SKUS[1:]:
            movement = _opening_movement(sku, site, random.randint(-1, 40) * 1_000)
            key = sku.encode()
            appends.append(
                (
                    MOVEMENTS.name,
                    _partition_of(key, partitions),
                    (key, render_movement(movement), []),
                )
            )
    for partition in range(partitions):
        for site in SITES:
            control = render_opened(Opened(ACCOUNT, site, OPENED_AT))
            appends.append((MOVEMENTS.name, partition, (b"\x00control", control, [])))
    return Opening(tuple(appends))


def _opening_movement(sku: str, site: str, milli: int) -> Movement:
    movement = Movement(
        f"opening:{ACCOUNT}:{site}:{sku}",
        MovementKind.OPENING,
        sku,
        site,
        ACCOUNT,
        milli,
        occurred_at=OPENED_AT,
        received_at=OPENED_AT,
        content_hash="",
    )
    return hashed(movement)


def _delivery(random: Random, number: int, odds: Odds) -> Iterator[tuple[str, bytes]]:
    """Yield one fact as it is told: once, twice, or contradicted."""
    if random.random() < odds.poison:
        yield "negatively_adjusted", random.choice((b"[]", b"{", b'{"id":1}', b"null", b"\xff"))
        return
    event, body = _hold(random, number) if random.random() < odds.hold else _change(random, number)
    if random.random() < odds.foreign:
        body = {**body, "account": {"id": 9, "code": "OTHER"}}
    yield event, orjson.dumps(body)
    if random.random() < odds.duplicate:
        yield event, orjson.dumps(dict(reversed(body.items())))  # the same, in other bytes
    if event not in HOLDS and random.random() < odds.conflict:
        yield event, orjson.dumps({**body, "quantity": body["quantity"] + 1})


def _change(random: Random, number: int) -> tuple[str, dict[str, Any]]:
    event = random.choice(INWARD if random.random() < 0.6 else OUTWARD)
    return event, {
        "id": 900_000 + number,
        "created_at": _at(number),
        "account": {"id": 3, "code": ACCOUNT},
        "product": {"code": random.choice(SKUS)},
        "warehouse": {"code": random.choice(SITES)},
        "quantity": random.randint(1, 30),
        "stock_id": random.randint(1, 4),
        "description": random.choice(NOTES),
    }


def _hold(random: Random, number: int) -> tuple[str, dict[str, Any]]:
    return random.choice(HOLDS), {
        "id": random.randint(1, 4),
        "updated_at": _at(number),
        "account": {"id": 3, "code": ACCOUNT},
        "product": {"code": random.choice(SKUS)},
        "warehouse": {"code": random.choice(SITES)},
        "quantity": random.randint(1, 20),
    }


@cache
def _at(number: int) -> str:
    return (BEGAN + timedelta(seconds=3 * number)).isoformat().replace("+00:00", "Z")


@cache
def _partition_of(key: bytes, partitions: int) -> int:
    return partition_of(key, partitions)


def _append(event: str, body: bytes, partitions: int) -> Append:
    key = _key(body)
    headers = [
        (RESOURCE, b"stock"),
        (EVENT, event.encode()),
        (TENANT, TENANT_NAME.encode()),
    ]
    return DELIVERIES.name, _partition_of(key, partitions), (key, body, headers)


def _key(body: bytes) -> bytes:
    try:
        return orjson.loads(body)["product"]["code"].encode()
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return b"stock:unreadable"
