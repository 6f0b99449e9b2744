"""Laws of translate: how a fact is written does not matter, and no bytes stop the lane."""

from collections.abc import Callable
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.movement import Movement
from streams.clarus.fates import FATES
from tests.support.records import (
    Delivered,
    adjusted,
    delivered,
    on_hold,
    order,
    receipt,
    transfer,
    translated,
)

UP = "stock.positively_adjusted"
EVENTS = sorted(".".join(event) for event in FATES)

CODES = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="\x7f"),
                min_size=1, max_size=20).filter(lambda code: bool(code.strip()))  # fmt: skip
QUANTITIES = st.integers(1, 10**12).map(lambda milli: f"{milli // 1000}.{milli % 1000:03d}")
ENVELOPES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "flat": lambda body: body,
    "data": lambda body: {"event": "x", "data": body},
    "attributes": lambda body: {"data": {"id": body["id"], "type": "t", "attributes": body}},
    "array": lambda body: [body],
}


class Written(str):
    """Text to be written into JSON as a number."""

    __slots__ = ()


def _json(value: Any) -> str:
    if isinstance(value, Written):
        return str(value)
    if isinstance(value, dict):
        fields = (f"{orjson.dumps(key).decode()}:{_json(each)}" for key, each in value.items())
        return f"{{{','.join(fields)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_json, value))}]"
    return orjson.dumps(value).decode()


@st.composite
def _writings(draw: st.DrawFn, code: str, quantity: str, own_id: int) -> bytes:
    """Draw one way to write one fact."""
    as_text = draw(st.booleans())
    number = str if as_text else Written
    trailing = draw(st.sampled_from(["", "0", "000"]))
    nested = draw(st.booleans())
    product = {"product": {"id": 1, "code": code}} if nested else {"product_code": code}
    body = {
        **adjusted(product=None, account=None, warehouse=None),
        **product,
        **draw(st.sampled_from([{"account": {"code": "FERN"}}, {"account_code": "FERN"}])),
        **draw(st.sampled_from([{"warehouse": {"code": "HULL"}}, {"warehouse": "HULL"}])),
        "id": number(own_id),
        "quantity": number(quantity + trailing),
        "stock_id": number("5150"),
        "string9": draw(st.text(max_size=5)),
    }
    shuffled = dict(draw(st.permutations(list(body.items()))))
    envelope = draw(st.sampled_from(sorted(ENVELOPES)))
    return _json(ENVELOPES[envelope](shuffled)).encode()


@given(draws=st.data(), code=CODES, quantity=QUANTITIES, own_id=st.integers(1, 10**12))
@settings(max_examples=60, deadline=None)
def test_meaning_is_the_same_however_it_is_written(
    draws: st.DataObject, code: str, quantity: str, own_id: int
) -> None:
    """Envelope, nesting, text or number, key order: the same id, the same content, one fact."""
    bodies = [draws.draw(_writings(code, quantity, own_id)) for _ in range(3)]
    said = translated([delivered(UP, body) for body in bodies])
    told = {(m.movement_id, m.content_hash, m.sku, m.quantity_milli) for m in said.movements}

    assert said.fates == {"movement": 3}
    assert len(told) == 1
    ((_, _, sku, milli),) = told
    assert code == sku
    assert int(quantity.replace(".", "")) == milli


@given(
    one=st.tuples(CODES, QUANTITIES, st.sampled_from(["A", "B"])),
    other=st.tuples(CODES, QUANTITIES, st.sampled_from(["A", "B"])),
)
@settings(max_examples=40, deadline=None)
def test_other_meaning_is_other_content(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    """Under one id, two bodies share their content exactly when they mean the same."""

    def told(fact: tuple[str, str, str]) -> Movement:
        code, quantity, reason = fact
        body = adjusted(product_code=code, product=None, quantity=quantity, reason_code=reason)
        return translated([delivered(UP, body)]).movements[0]

    assert (one == other) == (told(one).content_hash == told(other).content_hash)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    *adjusted(),
                    *on_hold(),
                    *order(),
                    *receipt(),
                    *transfer(),
                    "data",
                    "attributes",
                    "code",
                ]
            ),
            inner,
            max_size=8,
        )
    ),
    max_leaves=25,
)


@st.composite
def _spoilt(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a sound body in which one field, anywhere, is something else."""
    makers = (adjusted, on_hold, order, receipt, transfer)
    body = draw(st.sampled_from(makers))()
    name = draw(st.sampled_from(sorted(body)))
    inner = body[name]
    if isinstance(inner, list) and draw(st.booleans()):
        inner = inner[0]
    if isinstance(inner, dict) and draw(st.booleans()):
        inner[draw(st.sampled_from(sorted(inner)))] = draw(JSON)
    else:
        body[name] = draw(JSON)
    return body


def _bytes(value: Any) -> bytes:
    return _json(_with_numbers(value)).encode("utf-8", "surrogatepass")


def _with_numbers(value: Any) -> Any:
    """Return the value with integers of any length written out."""
    if isinstance(value, dict):
        return {key: _with_numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_numbers(each) for each in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return Written(value)
    return value


@given(
    event=st.sampled_from([*EVENTS, "no.event"]),
    body=st.binary(max_size=200) | JSON.map(_bytes) | _spoilt().map(_bytes),
    feed=st.sampled_from(["stock", "headers"]),
    clock=st.sampled_from(["arrival", "updated_at"]),
    sign=st.sampled_from(["positive", "either"]),
)
@settings(max_examples=250, deadline=None)
def test_no_body_stops_the_lane(event: str, body: bytes, feed: str, clock: str, sign: str) -> None:
    """Whatever comes, every item has exactly one fate, and all that is written reads back."""
    said = translated(
        [delivered(event, body), delivered(UP, adjusted(), offset=1)],
        feed=feed,
        hold_time=clock,
        quantity_sign=sign,
    )

    assert said.counts["deliveries"] == 2
    assert len(said.movements) == said.counts["movements"]
    assert len(said.held) == said.counts.get("held", 0)
    assert len(said.reasons) == said.counts.get("quarantined", 0)
    assert f"clarus:fernhill:{UP}:40117" in {m.movement_id for m in said.movements}


@given(headers=st.lists(st.tuples(
    st.sampled_from(["clarus_resource", "clarus_event", "clarus_tenant", "stock_accepts", "x"]),
    st.none() | st.binary(max_size=12)), max_size=6))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_no_header_stops_the_lane(headers: list[tuple[str, bytes | None]]) -> None:
    """A bridge of the customer's own may write anything beside the body."""
    strange: Any = headers
    said = translated([Delivered(orjson.dumps(adjusted()), strange)])

    assert said.counts["items"] == 1
