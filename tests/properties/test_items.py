"""How many items a delivery has: translate's reader and verify's, which share no code, agree."""

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.clarus.records import BODY_BYTES_MAX, RECORDS_MAX, read_records
from streams.verification.deliveries import items_of
from tests.support.records import delivered

BRACKETS = (b"[", b"]", b"{", b"}", b",", b":", b"[" * 1_200, b"{}", b"[[1],[2]]")
RECORDS = (b'{"id":1}', b'{"a":1,"a":2}', b'"a"', b'"\\ud800"', b"null", b"tru", b"NaN")
NUMBERS = (b"1", b"-", b"1.5", b"1e400", b"9" * 5_000)
BYTES = (b" ", b"\n", b"\x00", b"\xff", b"\xc3\xa9", b"\xef\xbb\xbf")
PIECES = st.sampled_from((*BRACKETS, *RECORDS, *NUMBERS, *BYTES))
ARRAYS = st.lists(PIECES, max_size=5).map(lambda pieces: b"[" + b",".join(pieces) + b"]")


@given(body=ARRAYS | st.lists(PIECES, max_size=8).map(b"".join) | st.binary(max_size=12))
@settings(max_examples=250, deadline=None)
def test_both_readers_count_the_same_items(body: bytes) -> None:
    """Else verify would call a sound ledger wrong, or a wrong one sound."""
    assert items_of(delivered("stock.received", body)) == len(read_records(body))


def test_both_readers_count_the_same_at_their_limits() -> None:
    """The largest body, the longest array, another encoding: one more is one item."""
    bodies = [
        b"[" + b"{}," * (RECORDS_MAX - 1) + b"{}]",
        b"[" + b"{}," * RECORDS_MAX + b"{}]",
        b"[{},{}" + b" " * (BODY_BYTES_MAX - 7) + b"]",
        b"[{},{}" + b" " * (BODY_BYTES_MAX - 6) + b"]",
        b"[" + b"9" * 5_000 + b",1]",
        "[{},{}]".encode("utf-16"),
        "[{},{}]".encode("utf-16-le"),
        b"\xef\xbb\xbf[{},{}]",
        orjson.dumps([{"id": 1}, {"id": 2}]),
    ]
    counted = [items_of(delivered("stock.received", body)) for body in bodies]

    assert counted == [RECORDS_MAX, 1, 2, 1, 2, 1, 1, 2, 2]
    assert counted == [len(read_records(body)) for body in bodies]
