"""The laws of what the door reads: whatever comes, it is judged, keyed and never an accident."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.clarus.bodies import NotReadable, key_of, read_json
from streams.clarus.settings import ClarusSettings
from streams.clarus.words import Words

WORDS = Words(ClarusSettings())
NAMES = st.sampled_from(
    ["id", "data", "attributes", "product", "code", "product_code", "account", "quantity"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(), inner),
    max_leaves=12,
)
KEY_BYTES_MAX = 300


@given(st.binary())
def test_any_bytes_are_a_document_or_refused(body: bytes) -> None:
    """There is no third way out."""
    try:
        document = read_json(body)
    except NotReadable:
        return
    assert isinstance(document, dict | list)


@given(st.dictionaries(NAMES, VALUES) | st.lists(VALUES, max_size=4))
def test_every_document_has_one_key(document: Any) -> None:
    """Short, printable, and the same for the same body."""
    body = json.dumps(document).encode()
    key = key_of(read_json(body), "stock", body, WORDS)

    assert key == key_of(read_json(body), "stock", body, WORDS)
    assert 0 < len(key) <= KEY_BYTES_MAX
    assert not any(character < " " for character in key.decode())


@given(VALUES)
def test_what_is_no_object_or_array_is_refused(value: Any) -> None:
    """And nothing else is."""
    try:
        read_json(json.dumps(value).encode())
    except NotReadable:
        assert not isinstance(value, dict | list)
    else:
        assert isinstance(value, dict | list)
