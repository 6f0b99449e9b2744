"""How the door is called: until it has a delivery, in order for one SKU, and given up in words."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from streams.sandbox import SHIPPED_DAYS, DoorRefuses, Faults, Progress, Sandbox, Scenario

SECRET = "canary-Wb3Yc6Nd1Pf57Qx2vLm9Rk4Tz8"  # noqa: S105 (of the tests)
Answers = Callable[[str, bytes], int]


class Door:
    """A door that answers as it is told, and keeps what it answered 202."""

    def __init__(self, answers: Answers) -> None:
        self.kept: list[tuple[str, bytes]] = []
        self.asked: Counter[bytes] = Counter()
        self._answers = answers
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        assert request.path.startswith(f"/clarus/{SECRET}/")
        body = await request.read()
        event = request.path.removeprefix(f"/clarus/{SECRET}/")
        self.asked[body] += 1
        status = self._answers(event, body)
        if status < 300:
            self.kept.append((event, body))
        return web.Response(status=status)


@asynccontextmanager
async def door(answers: Answers) -> AsyncIterator[Door]:
    opened = Door(answers)
    app = web.Application()
    app.router.add_post("/{tail:.*}", opened.handle)
    async with TestServer(app) as server:
        opened.url = str(server.make_url("/"))
        yield opened


def a_short_day(faults: Faults | None = None) -> Sandbox:
    return Sandbox(
        Scenario(days=SHIPPED_DAYS[:1], orders_max=0, faults=faults or Faults(), cases=False)
    )


async def test_everything_is_told_once_and_in_the_order_of_its_sku() -> None:
    """Many calls at once never overtake each other on one SKU."""
    expected: defaultdict[str, list[bytes]] = defaultdict(list)
    for delivery in a_short_day().deliveries():
        expected[delivery.order_key].append(delivery.body)
    bodies = [body for sequence in expected.values() for body in sequence]
    said: list[Progress] = []
    async with door(lambda *_: 202) as opened:
        sandbox = a_short_day()
        played = await sandbox.play(opened.url, SECRET, on_progress=said.append)

    told = [body for _, body in opened.kept]
    assert Counter(bodies) == Counter(told)
    for sequence in expected.values():
        assert sequence == sorted(sequence, key=told.index)
    assert len(bodies) == played.deliveries == sandbox.planned == said[-1].sent
    assert {202: len(bodies)} == played.statuses


async def test_what_is_not_answered_2xx_is_told_again_with_the_same_bytes() -> None:
    """A door without Kafka answers 503: nothing is lost, nothing is altered."""
    refused: set[bytes] = set()

    def once_no(_event: str, body: bytes) -> int:
        if len(refused) < 5 and body not in refused:
            refused.add(body)
            return 503
        return 202

    async with door(once_no) as opened:
        sandbox = a_short_day()
        played = await sandbox.play(opened.url, SECRET)

    assert played.retries == 5 == sandbox.truth().sent["unsure"]
    assert {2} == {opened.asked[body] for body in refused}
    assert len(opened.kept) == sandbox.planned


async def test_a_pace_changes_nothing_but_the_time() -> None:
    """The day at a hundred thousand times its speed tells the same as at once."""
    async with door(lambda *_: 202) as paced, door(lambda *_: 202) as at_once:
        await a_short_day().play(paced.url, SECRET, speed=100_000)
        await a_short_day().play(at_once.url, SECRET)

    assert Counter(paced.kept) == Counter(at_once.kept)


async def test_a_lost_answer_makes_a_second_delivery() -> None:
    """The door has it, Clarus does not know: the truth counts a repeat."""
    async with door(lambda *_: 202) as opened:
        sandbox = a_short_day(Faults(answers_lost_share=0.2))
        await sandbox.play(opened.url, SECRET)
    truth = sandbox.truth()

    assert truth.sent["answers_lost"] > 0
    assert len(opened.kept) == truth.fates["deliveries"]
    assert truth.fates["deliveries"] == truth.sent["deliveries"] + truth.sent["answers_lost"]


async def test_fates_add_up_to_what_the_door_took_in() -> None:
    """Every item has one fate, every movement one outcome; what was refused has none."""
    faults = Faults(duplicates_share=0.1, conflicts=5, poison=20)

    def no_poison(_event: str, body: bytes) -> int:
        try:
            return 202 if isinstance(orjson.loads(body), dict | list) else 400
        except orjson.JSONDecodeError:
            return 400

    async with door(no_poison) as opened:
        sandbox = a_short_day(faults)
        played = await sandbox.play(opened.url, SECRET)
    truth = sandbox.truth()
    fates = ("movement", "without_effect", "foreign", "held", "quarantined")
    outcomes = ("applied", "repeated", "conflict", "before_opening")

    assert truth.fates["items"] == sum(truth.fates.get(fate, 0) for fate in fates)
    moved = sum(truth.outcomes.get(outcome, 0) for outcome in outcomes) - truth.opening_rows
    assert truth.fates["movements"] == moved
    assert truth.sent["refused"] == played.statuses[400] > 0
    assert truth.fates["deliveries"] == len(opened.kept)


async def test_a_door_that_refuses_what_is_sound_ends_the_playing() -> None:
    """A wrong secret is not retried for ever: the first refusal says what was answered."""
    async with door(lambda *_: 401) as opened:
        with pytest.raises(DoorRefuses, match="the door answered 401"):
            await a_short_day().play(opened.url, SECRET)

    assert not opened.kept


async def test_a_playing_goes_on_where_it_stopped() -> None:
    """`until` is of the retailer's clock; the second call tells the rest, and nothing twice."""
    async with door(lambda *_: 202) as opened:
        sandbox = a_short_day()
        first = await sandbox.play(opened.url, SECRET, until=sandbox.loads_at)
        second = await sandbox.play(opened.url, SECRET)

    assert first.deliveries > 0 < second.deliveries
    assert first.deliveries + second.deliveries == len(opened.kept) == sandbox.planned
