"""The laws of the wire: what is read renders back to equal bytes, and nothing else is raised."""

import contextlib
from dataclasses import astuple

import orjson
from hypothesis import given
from hypothesis import strategies as st

from ledger.availability import Availability, SiteAvailability, merge
from ledger.errors import MalformedRecord
from ledger.movement import Movement, MovementKind
from ledger.quantity import QUANTITY_MILLI_MAX, parse_quantity, render_quantity
from ledger.valuation import parse_unit_cost, render_unit_cost
from ledger.wire import (
    meaning_hash,
    parse_movement,
    parse_movement_record,
    parse_product,
    render_movement,
)
from tests.support.movements import movement, movements

FIELDS = tuple(orjson.loads(render_movement(movement())))
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(
        ("1e400", "-0", "0.0001", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "\x00mark")
    ),
    st.lists(st.integers(), max_size=2),
)


@given(movements(tuple(MovementKind)))
def test_a_movement_renders_back_to_equal_bytes(history: list[Movement]) -> None:
    """Parsing and rendering are each other's inverse on canonical bytes."""
    for moved in history:
        value = render_movement(moved)

        assert astuple(moved) == astuple(parse_movement(value))
        assert value == render_movement(parse_movement(value))
        assert moved.content_hash == meaning_hash(parse_movement(value))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_record_or_malformed(value: bytes) -> None:
    """Nothing but `MalformedRecord` is ever raised."""
    for parse in (parse_movement_record, parse_product):
        with contextlib.suppress(MalformedRecord):
            parse(value)


@given(st.dictionaries(st.sampled_from(FIELDS), ODD, max_size=3))
def test_any_field_may_be_wrong(wrong: dict[str, object]) -> None:
    """A movement with odd fields is a movement that renders back, or is malformed."""
    try:
        value = orjson.dumps({**orjson.loads(render_movement(movement())), **wrong})
    except TypeError:
        return  # beyond 64 bits: orjson does not write it
    with contextlib.suppress(MalformedRecord):
        parsed = parse_movement(value)

        assert parsed == parse_movement(render_movement(parsed))


@given(st.integers(-QUANTITY_MILLI_MAX, QUANTITY_MILLI_MAX))
def test_a_quantity_is_exact(milli: int) -> None:
    """Thousandths come back from their text, and the text has no second form."""
    assert milli == parse_quantity(render_quantity(milli))


@given(st.integers(0, 10**13 - 1))
def test_a_unit_cost_is_exact(unit_cost_e4: int) -> None:
    """Ten-thousandths of a penny come back from their text."""
    assert unit_cost_e4 == parse_unit_cost(render_unit_cost(unit_cost_e4))


STATEMENTS = st.lists(st.integers(0, 50), min_size=1, max_size=8)


@given(STATEMENTS)
def test_merging_keeps_the_latest_version(versions: list[int]) -> None:
    """Merging is idempotent, indifferent to order, and keeps the highest version, whole."""
    said = [_statement(version) for version in versions]
    merged = said[0]
    for each in [*said, *said]:
        merged = merge(merged, each)
    backwards = said[-1]
    for each in reversed(said):
        backwards = merge(each, backwards)

    assert _statement(max(versions)) == merged == backwards
    assert merged == merge(merged, merged)


def _statement(version: int) -> Availability:
    site = SiteAvailability(version * 1000, 0, version * 1000)
    return Availability("S", version, None, version * 1000, (("L", site),), True, None)
