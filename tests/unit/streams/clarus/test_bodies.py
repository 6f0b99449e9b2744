"""By which key a delivery goes into the log."""

import pytest

from streams.clarus.bodies import key_of, read_json
from streams.clarus.settings import ClarusSettings
from streams.clarus.words import Words

WORDS = Words(ClarusSettings())


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"product": {"code": "A B"}}', b"A B"),
        (b'{"product_code": "0042"}', b"0042"),
        (b'{"product_code": 42}', b"42"),
        (b'{"data": {"product": {"code": "A/B"}}}', b"A/B"),
        (b'{"data": {"attributes": {"product_code": "mug"}}}', b"mug"),
        (b'[{"product_code": "FIRST"}, {"product_code": "SECOND"}]', b"FIRST"),
        ('{"product_code": "Größe"}'.encode(), "Größe".encode()),
        (b'{"id": 910244, "product": {"code": ""}}', b"stock:910244"),
        (b'{"id": "R-1"}', b"stock:R-1"),
        (b'{"data": {"id": 7}}', b"stock:7"),
        (b'{"id": 1, "product_code": "\\ud800"}', b"stock:1"),
        (b'{"id": 1, "product_code": "\\u0000mark"}', b"stock:1"),
        (b'{"id": 1, "product_code": "' + b"x" * 100 + b'"}', b"stock:1"),
        (b'{"id": 1, "product_code": true}', b"stock:1"),
    ],
)
def test_key_is_the_sku_else_the_id(body: bytes, key: bytes) -> None:
    """As translate reads them, so that one product's deliveries stay in order."""
    assert key == key_of(read_json(body), "stock", body, WORDS)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"[1]", b'{"id": null}', b'{"id": [1]}'])
def test_body_without_either_goes_by_its_hash(body: bytes) -> None:
    """The same body to the same partition, always."""
    key = key_of(read_json(body), "stock", body, WORDS)

    assert key.startswith(b"stock:")
    assert len(key) == len(b"stock:") + 32
    assert key == key_of(read_json(body), "stock", body, WORDS)


def test_case_is_the_tenants_choice() -> None:
    """Codes that differ only in case are one product where the settings say so."""
    body, words = b'{"product_code": "mug"}', Words(ClarusSettings(sku_case="one"))

    assert key_of(read_json(body), "stock", body, words) == b"MUG"
