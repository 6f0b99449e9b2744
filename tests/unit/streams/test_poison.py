"""Deliveries that are no movements: each is set aside, with a reason a person understands."""

from typing import Any

import orjson
import pytest

from streams.topics import QUARANTINE
from tests.support.records import (
    adjusted,
    delivered,
    translated,
)

UP = "stock.positively_adjusted"
SURROGATE = b'"\\ud800x"'


def _raw(noun: str, value: bytes) -> bytes:
    """Return an adjustment with one field written by hand."""
    return orjson.dumps(adjusted(**{noun: "@"})).replace(b'"@"', value)


BELOW_ZERO = (
    "quantity: -2.5 is below zero, and the event already says which way it goes "
    '(clarus.quantity_sign = "either" takes the amount)'
)
# By what is wrong: the body of a positive adjustment, and the reason a person reads.
POISON: dict[str, tuple[Any, str]] = {
    "no product": (adjusted(product=None), "product.code: there is none"),
    "no code in the product": (adjusted(product={"id": 7}), "product.code: there is none"),
    "empty code": (adjusted(product={"code": ""}), "product.code: there is none"),
    "blank code": (adjusted(product={"code": " \u00a0"}), "product.code: there is none"),
    "code that is a truth": (adjusted(product={"code": True}), "product.code: True is no code"),
    "code that is an object": (adjusted(product={"code": {}}), "product.code: there is none"),
    "code that is an array": (adjusted(product={"code": ["A"]}), "product.code: there is none"),
    "code that is a fraction": (
        adjusted(product={"code": 1.5}),
        "product.code: 1.5 is no code, because it is no whole number",
    ),
    "code of 61 characters": (
        adjusted(product={"code": "x" * 61}),
        "product.code: longer than 60 characters",
    ),
    "code with a line break": (
        adjusted(product={"code": "A\nB"}),
        "product.code: has characters that no code can have",
    ),
    "code with a zero byte": (
        adjusted(product={"code": "\0mark"}),
        "product.code: has characters that no code can have",
    ),
    "code with a lone surrogate": (
        _raw("product_code", SURROGATE).replace(b'"product"', b'"other"'),
        "product.code: has characters that no code can have",
    ),
    "product that is a number": (adjusted(product=7), "product.code: there is none"),
    "no account": (adjusted(account=None), "account.code: there is none"),
    "account of an id only": (
        adjusted(account={"id": 3}),
        "account: only an id (3) is given, and clarus.account_ids does not name it",
    ),
    "no warehouse": (adjusted(warehouse=None), "warehouse.code: there is none"),
    "no id": (adjusted(id=None), "id: there is none"),
    "empty id": (adjusted(id=""), "id: there is none"),
    "id that is a fraction": (
        _raw("id", b"1.5"),
        "id: 1.5 is no code, because it is no whole number",
    ),
    "id of a thousand digits": (_raw("id", b"9" * 1_000), "id: longer than 60 characters"),
    "no quantity": (adjusted(quantity=None), "quantity: there is none"),
    "null quantity": (_raw("quantity", b"null"), "quantity: there is none"),
    "empty quantity": (adjusted(quantity=""), "quantity: there is none"),
    "quantity that is an object": (adjusted(quantity={"of": 2}), "quantity: there is none"),
    "quantity zero": (adjusted(quantity=0), "quantity: zero moves nothing"),
    "quantity minus zero": (_raw("quantity", b"-0.0"), "quantity: zero moves nothing"),
    "quantity below zero": (
        adjusted(quantity=-2.5),
        BELOW_ZERO,
    ),
    "quantity that is a truth": (adjusted(quantity=True), "quantity: True is not a number"),
    "quantity in words": (adjusted(quantity="six"), "quantity: 'six' is not a number"),
    "quantity with a comma": (adjusted(quantity="1,5"), "quantity: '1,5' is not a number"),
    "quantity with a space": (adjusted(quantity=" 6"), "quantity: ' 6' is not a number"),
    "quantity in other digits": (adjusted(quantity="٦"), "quantity: '٦' is not a number"),
    "quantity in hexadecimal": (adjusted(quantity="0x6"), "quantity: '0x6' is not a number"),
    "quantity NaN as text": (adjusted(quantity="NaN"), "quantity: 'NaN' is not a number"),
    "quantity Infinity as text": (
        adjusted(quantity="Infinity"),
        "quantity: 'Infinity' is not a number",
    ),
    "quantity NaN": (_raw("quantity", b"NaN"), "the body has NaN where JSON knows numbers only"),
    "quantity Infinity": (
        _raw("quantity", b"Infinity"),
        "the body has Infinity where JSON knows numbers only",
    ),
    "quantity 1e400": (_raw("quantity", b"1e400"), "quantity: 1e400 is larger than any stock"),
    "quantity 1e99999": (_raw("quantity", b"1e99999"), "quantity: '1e99999' is not a number"),
    "quantity 2^63": (
        _raw("quantity", b"9223372036854775808"),
        "quantity: 9223372036854775808 is larger than any stock",
    ),
    "quantity of four places": (
        _raw("quantity", b"0.0001"),
        "quantity: 0.0001 is not a number with at most 3 places",
    ),
    "quantity with a place a float cannot see": (
        _raw("quantity", b"1.0000000000000000000000000000000001"),
        "quantity: 1.0000000000000000000000000000000001 is not a number with at most 3 places",
    ),
    "quantity of a thousand digits": (
        _raw("quantity", b"1" * 1_000),
        "quantity: longer than 60 characters",
    ),
    "no time": (adjusted(created_at=None), "created_at: there is none"),
    "time in words": (
        adjusted(created_at="yesterday"),
        "created_at: 'yesterday' is not a date and time",
    ),
    "time that is a number": (
        adjusted(created_at=1_772_701_800),
        "created_at: '1772701800' is not a date and time",
    ),
    "time without a zone": (
        adjusted(created_at="2026-03-05T09:10:00"),
        "created_at: 2026-03-05T09:10:00 has no time zone",
    ),
    "day that does not exist": (
        adjusted(created_at="2026-02-30T09:10:00Z"),
        "created_at: 2026-02-30T09:10:00Z is no day or no time that exists",
    ),
    "leap second": (
        adjusted(created_at="2026-03-05T23:59:60Z"),
        "created_at: 2026-03-05T23:59:60Z is no day or no time that exists",
    ),
    "year 9999": (
        adjusted(created_at="9999-12-31T23:59:59Z"),
        "created_at: 9999-12-31 23:59:59+00:00 is more than a day after it was received",
    ),
    "past the end of time": (
        adjusted(created_at="9999-12-31T23:59:59-12:00"),
        "created_at: 9999-12-31T23:59:59-12:00 is no day or no time that exists",
    ),
    "before the beginning of time": (
        adjusted(created_at="0001-01-01T00:00:00+12:00"),
        "created_at: 0001-01-01T00:00:00+12:00 is no day or no time that exists",
    ),
    "clock never set": (
        adjusted(created_at="1970-01-01T00:00:00Z"),
        "created_at: 1970-01-01 00:00:00+00:00 is before the year 2000",
    ),
    "more than a day ahead": (
        adjusted(created_at="2026-03-06T09:10:06Z"),
        "created_at: 2026-03-06 09:10:06+00:00 is more than a day after it was received",
    ),
    "reason of 61 characters": (
        adjusted(reason_code="x" * 61),
        "reason_code.code: longer than 60 characters",
    ),
    "note with a lone surrogate": (
        _raw("description", SURROGATE),
        "description: has half a character (a lone surrogate)",
    ),
    "twenty levels deep": (
        adjusted(extra=orjson.loads(b"[" * 19 + b"]" * 19)),
        "nested 20 levels deep or deeper",
    ),
    "ten thousand levels deep": (
        b"[" * 10_000 + b"]" * 10_000,
        "the body is nested too deeply to be read",
    ),
    "a name twice": (
        b'{"quantity": 1, "quantity": 100}',
        "an object of the body has the same name twice",
    ),
    "no JSON": (b"id=7&quantity=1", "the body is not JSON: Expecting value at 0"),
    "no UTF-8": (b'{"id": "\xe9"}', "the body is not UTF-8 text"),
    "no object": (b"7", "neither a JSON object nor an array of them"),
    "nothing": (b"", "the body is not JSON: Expecting value at 0"),
    "an empty array": (b"[]", "an array without a record"),
    "an empty object": ({}, "account.code: there is none"),
}


@pytest.mark.parametrize("wrong", POISON)
def test_poison_is_set_aside_with_its_bytes_and_a_reason(wrong: str) -> None:
    """What is no movement goes to quarantine as it came, and what comes after it goes on."""
    body, reason = POISON[wrong]
    poison = delivered(UP, body)
    said = translated([poison, delivered(UP, adjusted(), offset=1)])
    ((key, value, _),) = said.sends(QUARANTINE.name)

    assert [reason] == said.reasons
    assert (b"clarus.deliveries.v1/3/0", poison.value) == (key, value)
    assert said.fates == {"movement": 1, "quarantined": 1}


def test_edge_of_the_allowed_is_no_poison() -> None:
    """A day ahead of its receipt, 60 characters, three places, the largest stock: all fine."""
    edges = [
        {"created_at": "2026-03-06T09:10:05Z"},
        {"created_at": "2000-01-01T00:00:00Z"},
        {"product": {"code": "x" * 60}},
        {"quantity": "0.001"},
        {"quantity": "1000000000"},
        {"extra": orjson.loads(b"[" * 18 + b"]" * 18)},
    ]
    said = translated([delivered(UP, adjusted(**changed)) for changed in edges])

    assert {"movement": len(edges)} == said.fates
