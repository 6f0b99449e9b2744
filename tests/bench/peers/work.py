"""What every Python peer does with a movement, in nothing but Python: one runs without ours."""

from typing import Any

SOURCE = "stock.movements.v1"

# What a kind does to the stock on hand, and the account on the other side of its entry.
_KINDS = {
    "received": (1, "goods_in"),
    "returned": (1, "cost_of_sale"),
    "dispatched": (-1, "cost_of_sale"),
    "adjusted_down": (-1, "written_off"),
}


def is_movement(record: dict[str, Any]) -> bool:
    """Say whether a record tells of goods: the others steer our own worker."""
    return "control" not in record


def signed(movement: dict[str, Any]) -> int:
    """Return the units that came (+) or went (-)."""
    return _KINDS[movement["kind"]][0] * int(movement["quantity"])


def place(movement: dict[str, Any]) -> str:
    """Return what a level is of: a SKU at a site."""
    return f"{movement['sku']}@{movement['site']}"


def entry(movement: dict[str, Any]) -> dict[str, Any]:
    """Return the movement's entry: in units, at no cost, by no chart but the one above."""
    units = signed(movement)
    accounts = ("stock", _KINDS[movement["kind"]][1])
    debit, credit = accounts if units > 0 else accounts[::-1]
    return {
        "movement_id": movement["movement_id"],
        "kind": movement["kind"],
        "sku": movement["sku"],
        "site": movement["site"],
        "units": units,
        "debit": debit,
        "credit": credit,
        "occurred_at": movement["occurred_at"],
    }


def availability(movement: dict[str, Any], on_hand: int) -> dict[str, Any]:
    """Return what is published of a SKU at a site."""
    return {"sku": movement["sku"], "site": movement["site"], "on_hand": on_hand}
