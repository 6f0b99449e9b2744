"""Senders that dawdle, pile up or go away: bounded, and no trouble for the others."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from streams.settings import Settings
from tests.support.doors import ANSWERED_WITHIN_S, Shelf, door_settings, head, open_door
from tests.support.kafka import eventually

SOON_S = 0.2  # where nothing is to be answered in time
BOUNDED_S = 2.0  # where an answer must come in time, and the time be over in the end
LONG_S = 60.0  # where time is not what is tested
CONNECTIONS_MAX = 4


def settings(tmp_path: Path, request_s_max: float = SOON_S, **door: int) -> Settings:
    return door_settings(
        tmp_path,
        door={"request_s_max": request_s_max, "connections_max": CONNECTIONS_MAX, **door},
    )


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"POST /clar",
        head()[:-2],
        head(Content_Length="10") + b"{",
        head(Transfer_Encoding="chunked") + b"5\r\n{",
    ],
)
async def test_slow_request_is_ended(tmp_path: Path, begin: bytes) -> None:
    """408 and closed, wherever the sender stopped; nothing is kept."""
    shelf = Shelf()
    async with open_door(settings(tmp_path), shelf) as door, door.sender() as sender:
        await sender.send(begin)

        assert (await sender.until_closed()).startswith(b"HTTP/1.1 408 ")
    assert shelf.asked == 0


async def test_byte_by_byte_is_slow_too(tmp_path: Path) -> None:
    """The limit is of the request, not of the pause between two bytes."""
    async with open_door(settings(tmp_path), Shelf()) as door, door.sender() as sender:

        async def drip() -> None:
            while True:
                await sender.send(b"X-A: b\r\n")
                await asyncio.sleep(SOON_S / 10)

        await sender.send(head()[:-2])
        dripping = asyncio.create_task(drip())

        assert (await sender.until_closed()).startswith(b"HTTP/1.1 408 ")
        dripping.cancel()


async def test_second_request_of_a_connection_has_a_time_of_its_own(tmp_path: Path) -> None:
    """A kept-alive connection may rest longer than a request may take."""
    async with open_door(settings(tmp_path, BOUNDED_S), Shelf()) as door, door.sender() as sender:
        await sender.send(head(Content_Length="2") + b"{}")
        await asyncio.sleep(BOUNDED_S * 1.5)  # the pause is what is tested
        await sender.send(head(Content_Length="2", Connection="close") + b"{}")

        assert (await sender.until_closed()).count(b"HTTP/1.1 202 ") == 2


async def test_second_request_may_be_slow_no_more_than_the_first(tmp_path: Path) -> None:
    """The time begins with its first byte."""
    async with open_door(settings(tmp_path, BOUNDED_S), Shelf()) as door, door.sender() as sender:
        await sender.send(head(Content_Length="2") + b"{}")
        await sender.until_said(b"HTTP/1.1 202 ")
        await sender.send(b"POST /cl")

        assert (await sender.until_closed()).count(b"HTTP/1.1 408 ") == 1


async def test_delivery_nobody_acknowledges_ends_in_time(tmp_path: Path) -> None:
    """The whole request is bounded: reading it and waiting for Kafka."""
    shelf = Shelf(holds_back=asyncio.Event())
    async with open_door(settings(tmp_path), shelf) as door:
        assert (await door.post()).status == 503


@pytest.mark.parametrize("begin", [b"", b"POST /clarus/"])
async def test_strangers_who_dawdle_keep_nobody_out(tmp_path: Path, begin: bytes) -> None:
    """The oldest of them makes way for whoever comes, whether they say nothing or half a head."""
    async with AsyncExitStack() as stack:
        door = await stack.enter_async_context(open_door(settings(tmp_path, LONG_S), Shelf()))
        for _ in range(CONNECTIONS_MAX * 2):
            dawdler = await stack.enter_async_context(door.sender())
            await dawdler.send(begin)

        assert (await door.post()).status == 202


async def test_strangers_who_come_again_at_once_keep_nobody_out(tmp_path: Path) -> None:
    """Pushed out, each is back in the queue at once: the next sender has its turn all the same."""
    async with open_door(settings(tmp_path, LONG_S), Shelf()) as door:

        async def dawdle() -> None:
            while True:
                async with door.sender() as sender:
                    await sender.send(b"POST /clarus/")
                    await sender.until_closed()

        async with asyncio.timeout(ANSWERED_WITHIN_S), asyncio.TaskGroup() as strangers:
            dawdling = [strangers.create_task(dawdle()) for _ in range(CONNECTIONS_MAX * 3)]
            answers = [await door.post(Connection="close") for _ in range(3)]
            for stranger in dawdling:
                stranger.cancel()

    assert [answer.status for answer in answers] == [202] * 3


async def test_those_who_have_shown_the_secret_are_waited_for(tmp_path: Path) -> None:
    """Their deliveries are in flight: the next ones wait in the queue, and get their answer."""
    shelf = Shelf(holds_back=asyncio.Event())
    async with open_door(settings(tmp_path, LONG_S), shelf) as door:
        answering = [asyncio.create_task(door.post()) for _ in range(CONNECTIONS_MAX + 2)]
        await eventually(lambda: shelf.asked == CONNECTIONS_MAX, within_s=5)
        assert shelf.holds_back is not None
        shelf.holds_back.set()
        answers = await asyncio.gather(*answering)

    assert [answer.status for answer in answers] == [202] * (CONNECTIONS_MAX + 2)


async def test_sender_who_leaves_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    """A body that never ends is no delivery."""
    shelf = Shelf()
    async with open_door(settings(tmp_path, LONG_S), shelf) as door:
        async with door.sender() as sender:
            await sender.send(head(Content_Length="100") + b'{"id": 1}')

        assert (await door.post()).status == 202
    assert len(shelf.kept) == 1


async def test_one_connection_carries_many_deliveries(tmp_path: Path) -> None:
    """Pipelined, too: each in its turn."""
    shelf = Shelf()
    async with open_door(settings(tmp_path, LONG_S), shelf) as door, door.sender() as sender:
        one = head(Content_Length="2") + b"{}"
        last = head(Content_Length="2", Connection="close") + b"{}"
        await sender.send(one * 50 + last)

        assert (await sender.until_closed()).count(b"HTTP/1.1 202 ") == 51
    assert len(shelf.kept) == 51
