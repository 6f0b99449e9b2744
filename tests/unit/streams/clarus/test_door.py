"""What the door answers, and what it hands on.

Not covered here: Kafka (tests/broker/test_door.py), senders that dawdle (test_connections.py).
"""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from streams.clarus.deliveries import Delivery, NotKept
from tests.support.doors import EVENT_PATH, SECRET, OpenDoor, Shelf, door_settings, head, open_door
from tests.support.kafka import eventually

BODY = b'{"id": 910244,\n "product": {"code": "MUG-BLUE-350"}, "quantity": 6.0}'
BODY_BYTES_MAX = 1_024
STRANGER = b'{"reason":"this address takes deliveries from those who know it"}\n'


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def door(shelf: Shelf, tmp_path: Path) -> AsyncIterator[OpenDoor]:
    settings = door_settings(
        tmp_path, door={"body_bytes_max": BODY_BYTES_MAX}, clarus={"tenant": "northpeak"}
    )
    async with open_door(settings, shelf) as door:
        yield door


def headers_of(delivery: Delivery) -> dict[str, bytes]:
    return dict(delivery.headers)


async def test_delivery_is_kept_byte_for_byte(door: OpenDoor, shelf: Shelf) -> None:
    """202 says where it is; spacing, order and number format are as they came."""
    answer = await door.post(BODY)

    assert (answer.status, answer.body) == (202, b'{"delivery":"clarus.deliveries.v1/0/0"}\n')
    assert [(kept.key, kept.body) for kept in shelf.kept] == [(b"MUG-BLUE-350", BODY)]


async def test_headers_say_what_the_body_does_not(door: OpenDoor, shelf: Shelf) -> None:
    """The event from our own address, the tenant from the settings, Clarus's headers as sent."""
    await door.post(
        BODY,
        X_ClarusWMS_Domain="https://northpeak.example",
        X_CLARUSWMS_AUTOMATION_ID="61",
        User_Agent="anything",
    )

    headers = headers_of(shelf.kept[0])
    computed = {"ce_id", "ce_time", "received_at"}
    assert {name: value for name, value in headers.items() if name not in computed} == {
        "ce_specversion": b"1.0",
        "ce_source": b"stock-ledger/door/clarus",
        "ce_type": b"clarus.deliveries.v1",
        "content-type": b"application/json",
        "clarus_resource": b"stock",
        "clarus_event": b"received",
        "clarus_tenant": b"northpeak",
        "x-claruswms-domain": b"https://northpeak.example",
        "x-claruswms-automation-id": b"61",
    }
    assert headers["ce_time"] == headers["received_at"]


async def test_answer_waits_for_the_acknowledgement(door: OpenDoor, shelf: Shelf) -> None:
    """Nothing is answered while Kafka has not said that it has the record."""
    shelf.holds_back = asyncio.Event()
    answering = asyncio.create_task(door.post(BODY))
    await eventually(lambda: shelf.asked, within_s=5)

    assert not answering.done()

    shelf.holds_back.set()

    assert (await answering).status == 202


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"[1, null]",
        b'\xef\xbb\xbf{"id": 1}',
        b'{"quantity": NaN}',
        b'{"quantity": -Infinity}',
        b'{"quantity": 1e400}',
        b'{"quantity": ' + b"9" * 900 + b"}",
        b'{"product": {"code": "\\ud800"}}',
        b'{"product": {"code": "\\u0000mark"}}',
        b'{"id": 1, "id": 2}',
        b'{"a":' * 20 + b"1" + b"}" * 20,
    ],
)
async def test_readable_json_is_taken_whatever_it_says(
    door: OpenDoor, shelf: Shelf, body: bytes
) -> None:
    """Clarus can do nothing about it: translate quarantines what is no movement."""
    answer = await door.post(body)

    assert answer.status == 202, answer.body
    assert body == shelf.kept[0].body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b'"text"',
        b"1",
        b"<xml/>",
        b'{"a": 1} {"b": 2}',
        b'{"a": "\xff"}',
        b"[" * 1_000 + b"]" * 24,
        "{}".encode("utf-16"),
    ],
)
async def test_what_is_no_json_object_or_array_is_refused(
    door: OpenDoor, shelf: Shelf, body: bytes
) -> None:
    """400, nothing kept, and the connection ends."""
    answer = await door.post(body)

    assert (answer.status, answer.headers["Connection"]) == (400, "close")
    assert shelf.kept == []


async def test_bottomless_nesting_is_refused_not_fallen_into(tmp_path: Path) -> None:
    """A body of nothing but brackets costs an answer."""
    async with open_door(door_settings(tmp_path), Shelf()) as door:
        answer = await door.post(b"[" * 200_000)

        assert (
            answer.status,
            json.loads(answer.body),
        ) == (400, {"reason": "the body is nested too deeply to be read"})
        assert (await door.post(BODY)).status == 202


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"x" * (BODY_BYTES_MAX + 1), {}, 413),
        (b" " * (BODY_BYTES_MAX - 2) + b"{}", {}, 202),
        (b"{}", {"Content_Type": "text/plain"}, 415),
        (b"{}", {"Content_Type": "application/x-www-form-urlencoded"}, 415),
        (b"{}", {"Content_Type": "application/json; charset=utf-16"}, 415),
        (b"{}", {"Content_Type": "application/json; charset=UTF-8"}, 202),
        (b"{}", {"Content_Type": "application/vnd.api+json"}, 202),
        (gzip.compress(b"{}", mtime=0), {"Content_Encoding": "gzip"}, 415),
        (b"{}", {"Content_Encoding": "identity"}, 202),
    ],
)
async def test_size_and_type_are_judged_by_the_head(
    door: OpenDoor, shelf: Shelf, body: bytes, headers: dict[str, str], status: int
) -> None:
    """What is refused is not kept."""
    answer = await door.post(body, **headers)

    assert status == answer.status
    assert (status == 202) == bool(shelf.kept)


async def test_missing_content_type_is_json(door: OpenDoor) -> None:
    """The vendor documents none."""
    async with door.sender() as sender:
        await sender.send(
            f"POST {EVENT_PATH} HTTP/1.1\r\nHost: door\r\nConnection: close\r\n"
            "Content-Length: 2\r\n\r\n{}".encode()
        )

        assert (await sender.until_closed()).startswith(b"HTTP/1.1 202 ")


async def test_chunked_body_is_cut_off_where_it_grows_too_large(
    door: OpenDoor, shelf: Shelf
) -> None:
    """No length is promised, so it is counted while it comes."""
    async with door.sender() as sender:
        await sender.send(head(Transfer_Encoding="chunked"))
        for _ in range(4):
            await sender.send(b"200\r\n" + b" " * 512 + b"\r\n")

        assert (await sender.until_closed()).startswith(b"HTTP/1.1 413 ")
    assert shelf.kept == []


async def test_sender_that_asks_first_is_told_to_go_on(door: OpenDoor, shelf: Shelf) -> None:
    """Expect: 100-continue, as curl sends it with larger bodies."""
    async with door.sender() as sender:
        await sender.send(head(Expect="100-continue", Content_Length="2", Connection="close"))
        await sender.send(b"{}")
        said = await sender.until_closed()

    assert said.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 ")
    assert len(shelf.kept) == 1


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/", "GET"),
        ("/clarus", "POST"),
        ("/clarus/", "POST"),
        ("//" + SECRET, "POST"),
        (f"/clarus/{SECRET[:-1]}/stock/received", "POST"),
        (f"/clarus/{SECRET}x/stock/received", "POST"),
        (f"/clarus/{SECRET.swapcase()}/stock/received", "POST"),
        (f"/clarus//{SECRET}/stock/received", "POST"),
        (f"/other/{SECRET}/stock/received", "POST"),
        ("/clarus/%FF%00/stock/received", "POST"),
        ("/clarus/wrong/stock/received", "GET"),
        ("/clarus/wrong/stock/received", "DELETE"),
        ("/clarus/wrong/../../x", "PATCH"),
        ("/livez", "POST"),
    ],
)
async def test_strangers_learn_nothing(
    door: OpenDoor, shelf: Shelf, path: str, method: str
) -> None:
    """Wrong secret, unknown path, other method: one and the same answer."""
    answer = await door.post(BODY, path, method)

    assert (answer.status, answer.body, answer.headers["Connection"]) == (401, STRANGER, "close")
    assert "Allow" not in answer.headers
    assert shelf.asked == 0


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        (f"/clarus/{SECRET}", "POST", 404),
        (f"/clarus/{SECRET}/stock", "POST", 404),
        (f"/clarus/{SECRET}/stock/received/", "POST", 404),
        (f"/clarus/{SECRET}/Stock/received", "POST", 404),
        (f"/clarus/{SECRET}/stock/{'x' * 41}", "POST", 404),
        (f"/clarus/{SECRET}/stock/a%0Ab", "POST", 404),
        (EVENT_PATH, "GET", 405),
        (EVENT_PATH, "PUT", 405),
        (f"/clarus/{SECRET}/unheard_of/happened", "POST", 202),
        ("/clarus/" + "".join(f"%{byte:02X}" for byte in SECRET.encode()) + "/a/b", "POST", 202),
    ],
)
async def test_those_who_know_the_secret_are_told_what_is_wrong(
    door: OpenDoor, path: str, method: str, status: int
) -> None:
    """An event nobody knows is taken all the same: translate quarantines it."""
    assert (await door.post(BODY, path, method)).status == status


@pytest.mark.parametrize(
    ("refuses", "status"),
    [(NotKept.AWAY, 503), (NotKept.FULL, 503), (NotKept.TOO_LARGE, 413)],
)
async def test_what_kafka_does_not_take_is_not_answered_with_yes(
    door: OpenDoor, shelf: Shelf, refuses: NotKept, status: int
) -> None:
    """The sender may try again, or knows that it is no use."""
    shelf.refuses = refuses

    assert (await door.post(BODY)).status == status


async def test_only_listed_addresses_may_call(tmp_path: Path) -> None:
    """403 says as little as 401; health pages stay open to whoever watches."""
    settings = door_settings(tmp_path, door={"allow": ["192.0.2.0/24", "2001:db8::1"]})
    async with open_door(settings, Shelf()) as door:
        right, wrong = await door.post(BODY), await door.post(BODY, "/clarus/x/stock/received")

        assert [(a.status, a.body) for a in (right, wrong)] == [(403, STRANGER)] * 2
        assert (await door.get("/livez")).status == 200


async def test_listed_address_may_call(tmp_path: Path) -> None:
    """A single address or a network."""
    settings = door_settings(tmp_path, door={"allow": ["192.0.2.1", "127.0.0.0/8"]})
    async with open_door(settings, Shelf()) as door:
        assert (await door.post(BODY)).status == 202


async def test_readiness_is_kafkas(door: OpenDoor, shelf: Shelf) -> None:
    """Alive is not ready, and the reason is said."""
    shelf.away = "Kafka does not answer"
    alive, ready = await door.get("/livez"), await door.get("/readyz")

    assert (alive.status, ready.status) == (200, 503)
    assert json.loads(ready.body) == {"ready": False, "reason": "Kafka does not answer"}

    shelf.away = None

    assert (await door.get("/readyz")).status == 200


async def test_figures_count_answers_by_status(door: OpenDoor) -> None:
    """Names with units; no figure names a SKU or the secret."""
    await door.post(BODY)
    await door.post(b"no")
    await door.post(BODY, "/clarus/wrong/stock/received")
    figures = (await door.get("/metrics")).body.decode()

    for status in (202, 400, 401):
        assert f'stock_door_deliveries_total{{answer="{status}"}} 1.0\n' in figures
    assert "stock_door_delivery_seconds_count 3.0\n" in figures
    assert "stock_door_in_flight_deliveries 0.0\n" in figures
    assert "MUG" not in figures


async def test_figures_are_for_this_machine_or_the_token(tmp_path: Path) -> None:
    """With a token only who bears it; without one only who asks this machine by its name."""
    token = "t" * 32
    async with open_door(door_settings(tmp_path, web_token=token), Shelf()) as door:
        assert (await door.get("/metrics")).status == 401
        assert (await door.get("/metrics", Authorization=f"Bearer {token}")).status == 200
    async with open_door(door_settings(tmp_path), Shelf()) as door:
        assert (await door.get("/metrics", Host="evil.example")).status == 401


async def test_secret_is_nowhere(
    door: OpenDoor, shelf: Shelf, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not in an answer, a figure, a record or a log line, whatever goes wrong."""
    answers: list[Any] = [await door.post(b) for b in (BODY, b"no", b"x" * 2_000)]
    shelf.refuses = NotKept.AWAY
    answers += [await door.post(BODY), await door.post(BODY, EVENT_PATH + "/../%zz")]
    answers += [await door.get("/metrics"), await door.get(EVENT_PATH)]
    async with door.sender() as sender:
        await sender.send(f"POST {EVENT_PATH} HTTP/9.9\r\nBad Header {SECRET}\r\n\r\n".encode())
        said = await sender.until_closed()

    everything = repr((answers, said, shelf.kept, capfd.readouterr()))
    assert b"400" in said
    assert SECRET not in everything


async def test_failure_of_our_own_code_shows_no_request(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """500 without a word of why; the log has the error, and not the path."""

    class Broken(Shelf):
        async def keep(self, delivery: Delivery) -> Any:
            raise ArithmeticError(f"a fault of ours, with {delivery.key!r}")

    async with open_door(door_settings(tmp_path), Broken()) as door:
        answer = await door.post(BODY)

    logged = "".join(capfd.readouterr())
    assert (
        answer.status,
        json.loads(answer.body),
    ) == (500, {"reason": "the door failed: see its log"})
    assert "a fault of ours" in logged
    assert SECRET not in logged


@pytest.mark.parametrize("value", ["a\rb", "tab\tand \x1b[31mred", "ü" * 10, "x" * 5_000])
async def test_identifying_headers_are_bounded_and_on_one_line(
    door: OpenDoor, shelf: Shelf, value: str
) -> None:
    """A header is a claim of the sender: kept as bytes, cut where long, never interpreted."""
    async with door.sender() as sender:
        await sender.send(
            head(X_ClarusWMS_Domain=value, Content_Length="2", Connection="close") + b"{}"
        )
        said = await sender.until_closed()

    kept = [headers_of(one)["x-claruswms-domain"] for one in shelf.kept]
    assert said.split()[1] in (b"202", b"400")
    assert all(len(value) <= 1_024 and b"\n" not in value and b"\r" not in value for value in kept)


async def test_requests_in_flight_end_before_the_door_does(tmp_path: Path) -> None:
    """A delivery that was taken in is answered, however soon the door closes after it."""
    shelf = Shelf(holds_back=asyncio.Event())
    opening = open_door(door_settings(tmp_path), shelf)
    door = await opening.__aenter__()
    async with door.sender() as sender:
        await sender.send(head(Content_Length="2") + b"{}")
        await eventually(lambda: shelf.asked, within_s=5)
        closing = asyncio.create_task(opening.__aexit__(None, None, None))
        assert shelf.holds_back is not None
        shelf.holds_back.set()
        said = await sender.until_closed()
        await closing

    assert said.startswith(b"HTTP/1.1 202 ")
