"""Movements for tests: what a test does not speak of is filled in, the content hash is right."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from ledger.movement import HOLDS, Movement, MovementKind
from ledger.quantity import parse_quantity
from ledger.valuation import Product
from ledger.wire import meaning_hash

AT = datetime(2026, 7, 3, 9, 20, 5, tzinfo=UTC)
ACCOUNT, SITE, SKU = "NPK", "LEEDS", "MUG-BLUE-350"
QUANTITY_KINDS = tuple(kind for kind in MovementKind if kind not in HOLDS)


def movement(
    number: int | str = 1,
    kind: MovementKind = MovementKind.RECEIVED,
    quantity: str = "1",
    *,
    at: datetime = AT,
    **said: Any,
) -> Movement:
    """Return a movement that occurred `at` and was received two seconds later."""
    made = Movement(
        **{
            "movement_id": f"clarus:northpeak:stock.{kind.value}:{number}",
            "kind": kind,
            "sku": SKU,
            "site": SITE,
            "account": ACCOUNT,
            "quantity_milli": parse_quantity(quantity),
            "occurred_at": at,
            "received_at": at + timedelta(seconds=2),
            "content_hash": "0" * 16,
            **said,
        }
    )
    return replace(made, content_hash=meaning_hash(made))


def product(cost: str | None = "550", version: int = 1, sku: str = SKU, **said: Any) -> Product:
    """Return a product; its cost is pence for one unit."""
    milli = None if cost is None else parse_quantity(cost)
    return Product(sku, version, None if milli is None else milli * 10, said.get("saleable", True))


def movements(
    kinds: tuple[MovementKind, ...] = QUANTITY_KINDS, skus: tuple[str, ...] = (SKU,)
) -> st.SearchStrategy[list[Movement]]:
    """Return histories inside the window: ids and times of their own, a few places and records."""
    one = st.tuples(
        st.sampled_from(kinds),
        st.sampled_from(skus),
        st.sampled_from((ACCOUNT, "OTHER")),
        st.sampled_from((SITE, "YORK")),
        st.integers(1, 9_999),
        st.sampled_from((None, "r1", "r2", "r3")),
        st.sampled_from((None, "damaged", "found", "check")),
    )
    return st.lists(one, max_size=25).map(_history)


def _history(drawn: list[tuple[Any, ...]]) -> list[Movement]:
    return [
        movement(
            number,
            kind,
            at=AT + timedelta(seconds=number),
            sku=sku,
            account=account,
            site=site,
            quantity_milli=milli,
            stock_record=record or ("r0" if kind in HOLDS else None),
            note=note,
        )
        for number, (kind, sku, account, site, milli, record, note) in enumerate(drawn)
    ]
