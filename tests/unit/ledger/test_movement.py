"""Kinds: which way each moves stock."""

import pytest

from ledger.movement import HOLDS, INWARD, MovementKind
from tests.support.movements import movement


@pytest.mark.parametrize("kind", MovementKind)
def test_the_sign_lives_in_the_kind(kind: MovementKind) -> None:
    """Inward kinds add, holds change nothing, all others take."""
    sign = 0 if kind in HOLDS else 1 if kind in INWARD else -1

    assert sign * 2_500 == movement(kind=kind, quantity="2.5").signed_milli


def test_a_kind_is_found_by_its_value() -> None:
    """A kind read from the wire is the very member that sets and tables hold."""
    assert MovementKind.HELD in HOLDS
    assert MovementKind("held") in HOLDS
    assert MovementKind("received") not in HOLDS
