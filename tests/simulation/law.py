"""How a law of the oracle is held, and what it says where it is broken."""

from collections.abc import Mapping
from typing import Any


class Violated(AssertionError):
    """An invariant does not hold; the message begins with its name and a colon."""


def hold_same(law: str, expected: Mapping[Any, Any], found: Mapping[Any, Any]) -> None:
    """Raise `Violated` with every key whose values differ."""
    if expected == found:
        return
    wrong = {
        key: (expected.get(key), found.get(key))
        for key in dict.fromkeys((*expected, *found))
        if expected.get(key) != found.get(key)
    }
    hold_true(not wrong, f"{law}: expected, found {wrong}")


def hold_true(holds: bool, message: str) -> None:
    """Raise `Violated` with the message unless it holds."""
    if not holds:
        raise Violated(message)
