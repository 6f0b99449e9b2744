"""The two feeds of one warehouse: events of stock, and completed documents, tell the same."""

import tomllib
from collections import Counter
from typing import Any

import pytest

from ledger.movement import MovementKind
from streams.sandbox import SHIPPED_DAYS, Faults, Sandbox, Scenario
from tests.support.records import Delivered, delivered, translated

OF_DOCUMENTS = (
    MovementKind.RECEIVED,
    MovementKind.UNRECEIVED,
    MovementKind.RETURNED,
    MovementKind.DISPATCHED,
    MovementKind.UNDISPATCHED,
)
TAKEN_BACK = ("LEEDS", "JAR-BACK")  # the labelled case of a despatch that is taken back for good


@pytest.fixture(scope="module")
def day() -> tuple[dict[str, Any], list[Delivered]]:
    """Return what a customer would configure, and the morning of a real day, told in every way."""
    faults = Faults(
        duplicates_share=0.1, numbers_as_text_share=0.2, enveloped_share=0.2, flat_share=0.2
    )
    sandbox = Sandbox(Scenario(days=SHIPPED_DAYS[:1], orders_max=40, faults=faults))
    clarus = tomllib.loads(sandbox.stock_toml())["clarus"]
    told = [
        delivered(".".join(each.event), each.body, offset=n, clarus_tenant=clarus["tenant"])
        for n, each in enumerate(sandbox.deliveries())
    ]
    return clarus, told


def _moved(day: tuple[dict[str, Any], list[Delivered]], feed: str) -> Counter[tuple[str, str]]:
    """Return what came in and left by site and SKU, each fact once."""
    clarus, told = day
    said = translated(told, **{**clarus, "feed": feed})
    facts = {movement.movement_id: movement for movement in said.movements}
    moved: Counter[tuple[str, str]] = Counter()
    for movement in facts.values():
        if movement.kind in OF_DOCUMENTS:
            moved[movement.site, movement.sku] += movement.signed_milli
    assert not said.reasons
    return moved


def test_both_feeds_move_the_same_goods(day: tuple[dict[str, Any], list[Delivered]]) -> None:
    """Whichever a tenant can send, the same goods come and go, once.

    Owners are left out: a line of an order does not say of whose stock it was filled.
    """
    by_stock, by_headers = _moved(day, "stock"), _moved(day, "headers")
    del by_stock[TAKEN_BACK], by_headers[TAKEN_BACK]

    assert len(by_stock) > 100
    assert by_headers == by_stock


def test_headers_do_not_tell_of_a_despatch_taken_back_for_good(
    day: tuple[dict[str, Any], list[Delivered]],
) -> None:
    """No header event is documented for it: ten of twenty-four stay gone, until a count adds them.

    If the order completes again, its completion states the whole, and the difference comes in.
    """
    assert _moved(day, "stock")[TAKEN_BACK] == 24_000
    assert _moved(day, "headers")[TAKEN_BACK] == 14_000
