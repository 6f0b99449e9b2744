"""A movement that was kept apart and that a person accepts."""

import pytest

from ledger.wire import parse_movement, render_movement
from streams.clarus.delivery import ACCEPTS
from tests.support.records import (
    Delivered,
    adjusted,
    delivered,
    translated,
)

UP = "stock.positively_adjusted"


def _kept_apart() -> bytes:
    (movement,) = translated([delivered(UP, adjusted())]).movements
    return render_movement(movement)


def _accepts(value: bytes, named: str, offset: int = 9) -> Delivered:
    return Delivered(value, [(ACCEPTS, named.encode())], offset, timestamp=1_772_800_000_000)


def test_it_is_a_fact_of_its_own_that_names_the_other() -> None:
    """Its id is computed: accepting twice is accepting once."""
    value = _kept_apart()
    before = parse_movement(value)
    deliveries = [
        _accepts(value, before.movement_id, 9),
        _accepts(value, before.movement_id, 10),
    ]
    said = translated(deliveries)
    first, again = said.movements

    assert f"accepted:{before.movement_id}:{before.content_hash}" == first.movement_id
    assert before.movement_id == first.accepts
    assert (first.movement_id, first.content_hash) == (again.movement_id, again.content_hash)
    assert (before.sku, before.quantity_milli, before.occurred_at) == (
        first.sku,
        first.quantity_milli,
        first.occurred_at,
    )
    assert first.received_at > before.received_at
    assert said.fates == {"movement": 2}


@pytest.mark.parametrize("value", [b"", b"{}", b"nonsense"])
def test_bytes_that_are_no_movement_are_set_aside(value: bytes) -> None:
    """What a person may accept is a movement of ours."""
    assert translated([_accepts(value, "clarus:x")]).fates == {"quarantined": 1}


def test_it_must_be_the_movement_that_was_named() -> None:
    """Header and bytes agree, or a person looks again."""
    said = translated([_accepts(_kept_apart(), "clarus:other")])

    assert said.fates == {"quarantined": 1}
    assert said.reasons[0].startswith("it accepts 'clarus:other', and its bytes are 'clarus:")
