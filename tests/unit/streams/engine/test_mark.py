"""A lane's mark, as bytes and back."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from ledger.errors import UnreadableState
from streams.engine.mark import Mark, fingerprint, fingerprinted_offset, parse_mark
from tests.support.made_lanes import record

MARK = Mark({"movements": 7}, {"movements": "6:1000:0a0b0c0d"}, {"applied": 5}, {"openings": []})


def test_a_mark_reads_back() -> None:
    """What a transaction wrote is what the next owner starts from."""
    assert parse_mark(MARK.render()) == MARK


@pytest.mark.parametrize("value", [b"", b"[]", b"null", b"7", b'{"next": {}}', b"\xff"])
def test_anything_else_is_no_mark(value: bytes) -> None:
    """Other bytes under the mark's key are said to be so, whatever they are."""
    with pytest.raises(UnreadableState):
        parse_mark(value)


def test_a_fingerprint_tells_records_apart() -> None:
    """Another offset, time, key or value is another record."""
    one = record(6, b"value")
    others = [
        record(7, b"value"),
        record(6, b"other"),
        replace(one, timestamp=1_001),
        replace(one, key=b"K1"),
        SimpleNamespace(offset=6, timestamp=1_000, key=None, value=None),
    ]

    assert fingerprint(one) == fingerprint(record(6, b"value"))
    assert fingerprint(one) not in [fingerprint(other) for other in others]
    assert fingerprinted_offset(fingerprint(one)) == 6
