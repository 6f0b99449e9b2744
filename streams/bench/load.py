"""What the benchmarks read: movements as translate writes them, products, cards of a changelog."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from ledger.holds import Place
from ledger.level import StockCard, apply
from ledger.movement import Movement, MovementKind, Opened
from ledger.valuation import Product
from ledger.wire import meaning_hash, render_movement, render_opened, render_product
from streams.bench.plan import Plan
from streams.engine.fold import Send
from streams.engine.mark import MARK_KEY, Mark
from streams.headers import event_kind, rfc3339
from streams.partitions import partition_of
from streams.topics import MOVEMENTS, PRODUCTS
from tables.cards import render_card

ACCOUNT, SITE = "BENCH", "LEEDS"
BEGAN = datetime(2026, 7, 3, 6, tzinfo=UTC)
K = MovementKind
# A shop's day: mostly despatches, some goods in, a few adjustments with what staff typed.
_KINDS = (
    *((K.DISPATCHED, None),) * 14,
    *((K.RECEIVED, None),) * 4,
    (K.RETURNED, None),
    (K.ADJUSTED_DOWN, "damaged in aisle"),
)
_MADE = event_kind(MOVEMENTS.name, "translate", 0)
PER_S = 50  # movements a second of the warehouse's clock
CARD_MOVEMENTS = 14  # that a card of a changelog remembers, whatever the plan's movements are


def sku(number: int) -> str:
    """Return the code of a product of the benchmark."""
    return f"BENCH-{number:06}"


def movements(plan: Plan) -> Iterator[Send]:
    """Yield the movements of one plan, the same every time."""
    random = Random(1)  # noqa: S311 (a load that is the same each time, no secret)
    for number in range(plan.movements):
        kind, note = random.choice(_KINDS)
        yield _sent(_movement(number, kind, sku(random.randrange(plan.skus)), note, random))


def _movement(
    number: int, kind: MovementKind, code: str, note: str | None, random: Random
) -> Movement:
    at = BEGAN + timedelta(seconds=number // PER_S)
    movement = Movement(
        movement_id=f"clarus:bench:stock.{kind.value}:{900_000 + number}",
        kind=kind,
        sku=code,
        site=SITE,
        account=ACCOUNT,
        quantity_milli=random.randint(1, 12) * 1_000,
        occurred_at=at,
        received_at=at + timedelta(seconds=2),
        content_hash="0" * 16,
        note=note,
        stock_record=str(random.randrange(99_999)),
        order=f"SO-{number // 3}" if kind is K.DISPATCHED else None,
        delivery=f"clarus.deliveries.v1/0/{number}",
    )
    return replace(movement, content_hash=meaning_hash(movement))


def _sent(movement: Movement) -> Send:
    headers = _MADE.headers(movement.movement_id, rfc3339(movement.occurred_at))
    return movement.sku.encode(), render_movement(movement), headers


def products(plan: Plan) -> Iterator[Send]:
    """Yield a cost for every SKU."""
    for number in range(plan.skus):
        product = Product(sku(number), 1, 1_000_000 + 12_345 * number % 9_000_000, saleable=True)
        yield product.sku.encode(), render_product(product), []


def opened() -> Send:
    """Return the control record that opens the one place, for every partition."""
    return None, render_opened(Opened(ACCOUNT, SITE, BEGAN - timedelta(days=1))), []


def changelog(plan: Plan, partition: int, partitions: int) -> Iterator[Send]:
    """Yield a lane's changelog: so many versions of every card of the partition, then its mark."""
    random = Random(partition)  # noqa: S311 (as above)
    cards = [
        StockCard(sku(number), product=Product(sku(number), 1, 5_500_000, saleable=True))
        for number in range(plan.cards)
        if partition_of(sku(number).encode(), partitions) == partition
    ]
    counted = 0
    for card in cards:
        for _ in range(CARD_MOVEMENTS):
            counted += 1
            moved = _movement(counted, K.RECEIVED, card.sku, None, random)
            apply(card, moved, counted)
    for _ in range(plan.card_versions):
        for card in cards:
            card.version += 1
            yield card.sku.encode(), render_card(card), []
    opening = [ACCOUNT, SITE, BEGAN.isoformat()]
    mark = Mark({MOVEMENTS.name: 0, PRODUCTS.name: 0}, {}, {}, {"openings": [opening]})
    yield MARK_KEY, mark.render(), []


def places() -> list[Place]:
    """Return the one place of the benchmark."""
    return [Place(ACCOUNT, SITE)]
