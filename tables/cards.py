"""A stock card as bytes: one readable JSON object, the same bytes for the same card."""

from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from ledger.errors import UnreadableState
from ledger.holds import Held, HoldEvent, Holds, Place
from ledger.json_bytes import json_bytes
from ledger.level import StockCard
from ledger.quantity import parse_quantity, render_quantity
from ledger.remembered import Chunk, Remembered, parse_facts, render_facts
from ledger.valuation import Pool, Product, parse_unit_cost, render_unit_cost


def render_card(card: StockCard) -> bytes:
    """Return the card's bytes, as the changelog and the web carry them."""
    return json_bytes(
        {
            "sku": card.sku,
            "version": card.version,
            "as_of": card.as_of,
            "cause": card.cause,
            "levels": [
                {
                    "account": place.account,
                    "site": place.site,
                    "on_hand": render_quantity(on_hand),
                    "held": render_quantity(card.holds.held_milli(place, on_hand)),
                }
                for place, on_hand in sorted(card.on_hand.items())
            ],
            "holds": _render_holds(card.holds),
            "pool": {"units": render_quantity(card.pool.units_milli), "pence": card.pool.pence},
            "product": _render_product(card.product),
            "applied_offset": card.applied_offset,
            "product_offset": card.product_offset,
            "exceptions": card.exceptions,
            "seen": _render_seen(card.remembered),
        },
        option=orjson.OPT_UTC_Z,
    )


def parse_card(value: bytes) -> StockCard:
    """Read a card back; raise `UnreadableState` for anything that is not one."""
    try:
        return _parse_card(orjson.loads(value))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise UnreadableState(f"a card does not read back: {error}") from None


def has_level(value: bytes, place: Place) -> bool:
    """Say whether a card that `render_card` made has a level at a place, without decoding it.

    Levels stand before holds, and no string of a card holds a bare quotation mark.
    """
    return value.find(_level_begins(place), 0, value.find(b',"holds":')) >= 0


@lru_cache(maxsize=16)
def _level_begins(place: Place) -> bytes:
    return orjson.dumps({"account": place.account, "site": place.site})[:-1] + b","


def _parse_card(fields: dict[str, Any]) -> StockCard:
    as_of = fields["as_of"]
    return StockCard(
        sku=fields["sku"],
        version=fields["version"],
        on_hand={
            Place(level["account"], level["site"]): parse_quantity(level["on_hand"])
            for level in fields["levels"]
        },
        holds=_parse_holds(fields["holds"]),
        remembered=_parse_seen(fields["seen"]),
        applied_offset=fields["applied_offset"],
        product_offset=fields["product_offset"],
        pool=Pool(parse_quantity(fields["pool"]["units"]), fields["pool"]["pence"]),
        product=_parse_product(fields["sku"], fields["product"]),
        as_of=None if as_of is None else datetime.fromisoformat(as_of),
        cause=fields["cause"],
        exceptions={name: datetime.fromisoformat(at) for name, at in fields["exceptions"].items()},
    )


def _render_holds(holds: Holds) -> dict[str, Any] | None:
    if not holds.held and not holds.log and not holds.history:
        return None
    return {
        "held": _render_held(holds.held),
        "log": [list(event) for event in holds.log],
        "history": _render_held(holds.history),
        "history_until_ms": holds.history_until_ms,
    }


def _parse_holds(fields: dict[str, Any] | None) -> Holds:
    if fields is None:
        return Holds()
    return Holds(
        held=_parse_held(fields["held"]),
        log=[HoldEvent(*event) for event in fields["log"]],
        history=_parse_held(fields["history"]),
        history_until_ms=fields["history_until_ms"],
    )


def _render_held(held: Held) -> list[list[str]]:
    return [
        [place.account, place.site, record, render_quantity(milli)]
        for (place, record), milli in held.items()
    ]


def _parse_held(rows: list[list[str]]) -> Held:
    return {
        (Place(account, site), record): parse_quantity(quantity)
        for account, site, record, quantity in rows
    }


def _render_product(product: Product | None) -> dict[str, Any] | None:
    if product is None:
        return None
    cost = product.unit_cost_e4
    return {
        "version": product.version,
        "unit_cost_pence": None if cost is None else render_unit_cost(cost),
        "saleable": product.saleable,
    }


def _parse_product(sku: str, fields: dict[str, Any] | None) -> Product | None:
    if fields is None:
        return None
    cost = fields["unit_cost_pence"]
    unit_cost = None if cost is None else parse_unit_cost(cost)
    return Product(sku, fields["version"], unit_cost, fields["saleable"])


def _render_seen(remembered: Remembered) -> dict[str, Any]:
    return {
        "forgotten_until": remembered.forgotten_until,
        "chunks": [[chunk.day, chunk.newest, render_facts(chunk)] for chunk in remembered.chunks],
    }


def _parse_seen(fields: dict[str, Any]) -> Remembered:
    remembered = Remembered()
    until = fields["forgotten_until"]
    remembered.forgotten_until = None if until is None else datetime.fromisoformat(until)
    for day, newest, packed in fields["chunks"]:
        chunk = Chunk(day, datetime.fromisoformat(newest), parse_facts(packed))
        remembered.chunks.append(chunk)
    return remembered
