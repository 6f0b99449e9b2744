"""One playing from nothing to its proofs: the story of the demo, step by step."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

import orjson

from streams.broker import LocalKafka
from streams.demo.alongside import alongside
from streams.demo.chaos import wreak
from streams.demo.compare import compare
from streams.demo.figures import Figures
from streams.demo.stage import Stage, make_topics, run_command, running_kafka, running_roles
from streams.demo.standing import standing_of
from streams.demo.summary import Course, Summary, Verified, summarise
from streams.demo.tail import Tail
from streams.demo.telling import Telling
from streams.demo.world import World
from streams.engine.errors import EngineError
from streams.kafka import bootstrap
from streams.roles import roles_of
from streams.sandbox import Played, Progress, Sandbox, send_products
from streams.settings import Settings

SHOW_EVERY_S = 0.25
LOOK_EVERY_S = 0.1
# Nothing moves for so long and the end is not reached: said, and given up. A worker that was killed
# last, on a machine that is busy with other things, takes most of a minute to be back.
STILL_MAX_S = 120.0


class DemoFailed(EngineError):
    """A step of the demo does not come to its end; the message says which, and where to look."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be played, and how."""

    sandbox: Sandbox
    workers: int
    speed: float | None  # times faster than life; none: as fast as the door answers
    chaos: bool


@dataclass(slots=True)
class Playing:
    """What the steps of one playing share."""

    wish: Wish
    world: World
    settings: Settings
    local: LocalKafka | None  # none: a Kafka of yours
    telling: Telling
    figures: Figures = field(default_factory=Figures)
    progress: Progress | None = None
    killed: Counter[str] = field(default_factory=Counter[str])
    began: float = field(default_factory=time.monotonic)

    @property
    def sandbox(self) -> Sandbox:
        """Return the stand-in for the warehouse."""
        return self.wish.sandbox


@asynccontextmanager
async def played(playing: Playing) -> AsyncIterator[Summary]:
    """Play; the block has the summary while everything still runs, after it nothing does."""
    async with AsyncExitStack() as stack:
        with playing.telling.step("starting Apache Kafka") as done:
            await stack.enter_async_context(running_kafka(playing.local))
            topics = await make_topics(playing.settings)
            done(f"Apache Kafka on {bootstrap(playing.settings)}, {topics} topics made")
        with playing.telling.step("starting the door and the workers") as done:
            roles = roles_of(playing.settings, playing.wish.workers)
            stage = await stack.enter_async_context(running_roles(playing.settings, roles))
            await stage.ready()
            done(f"webhook door on {stage.door_url}, {len(roles.workers)} worker(s)")
        tail = Tail(playing.settings, playing.figures)
        stack.push_async_callback(tail.close)
        await stack.enter_async_context(alongside(tail.run()))
        before = await _open(playing, stage, tail)
        day, seconds = await _day(playing, stage, tail)
        yield await _prove(playing, [before, day], seconds)


async def _open(playing: Playing, stage: Stage, tail: Tail) -> Played:
    """Cut over as a customer would: costs known, webhooks on and waiting, then the position."""
    sandbox, telling = playing.sandbox, playing.telling
    with telling.step("telling what Khaos knows of the products") as done:
        products = await send_products(playing.settings, sandbox.products())
        done(f"{products:,} products and their costs, as Khaos would tell them")
    with telling.step("webhooks on, waiting for the opening position") as done:
        before = await _tell(playing, stage, until=sandbox.loads_at)
        done(f"webhooks on and waiting: {before.deliveries:,} deliveries")
    with telling.step("loading the opening position") as done:
        await asyncio.to_thread(sandbox.write_opening, playing.world.opening_file)
        at = sandbox.opens_at.isoformat()
        code, said, why = await run_command(
            "opening", "load", str(playing.world.opening_file), "--at", at, "--json"
        )
        if code:
            raise DemoFailed(f"the opening position was refused: {why.strip()}")
        await _drained(playing, tail)
        done(f"opening position loaded: {orjson.loads(said)['skus']:,} SKUs")
    playing.figures.begin_day()
    return before


async def _day(playing: Playing, stage: Stage, tail: Tail) -> tuple[Played, float]:
    playing.began = time.monotonic()
    async with alongside(_show(playing)):
        with playing.telling.step("playing the day") as done:
            async with _chaos(playing, stage):
                day = await _tell(playing, stage, until=None)
            done(f"all of it played: {day.deliveries:,} deliveries")
        with playing.telling.step("waiting until all is in the journal") as done:
            await _drained(playing, tail)
            done("all of it in the journal")
    return day, time.monotonic() - playing.began


async def _tell(playing: Playing, stage: Stage, until: datetime | None) -> Played:
    def note(progress: Progress) -> None:
        playing.progress = progress

    return await playing.sandbox.play(
        stage.door_url,
        playing.world.secret_file.read_text(),
        until=until,
        on_progress=note,
        speed=playing.wish.speed,
    )


async def _prove(playing: Playing, parts: list[Played], seconds: float) -> Summary:
    with playing.telling.step("verifying the log with separate arithmetic") as done:
        verified = await _verify()
        done("the log verified with separate arithmetic")
    with playing.telling.step("comparing with what is true in the warehouse") as done:
        truth = playing.sandbox.truth()
        comparison = compare(playing.figures, truth)
        done("compared with what is true in the warehouse")
    first_day, last_day = _days(playing)
    course = Course(first_day, last_day, parts, seconds, playing.killed, playing.wish.speed)
    return summarise(playing.figures, truth, course, comparison, verified)


def _days(playing: Playing) -> tuple[date, date]:
    """Return the first and the last day played; of a file, as the clock ran."""
    scenario = playing.sandbox.scenario
    if scenario.input is None and scenario.days:
        return min(scenario.days), max(scenario.days)
    first = playing.sandbox.opens_at.date()
    return first, playing.progress.at.date() if playing.progress else first


async def _verify() -> Verified:
    code, said, why = await run_command("verify", "--json")
    try:
        facts = orjson.loads(said)
    except orjson.JSONDecodeError:
        facts = {}
    return Verified(agrees=code == 0, facts=facts, why=why.strip() or said.strip())


async def _drained(playing: Playing, tail: Tail) -> None:
    """Wait until every lane has taken everything; give up where nothing moves."""
    loop = asyncio.get_running_loop()
    moved_at, before = loop.time(), 0
    while not await tail.has_drained():
        now = playing.figures.records.total()
        if now != before:
            moved_at, before = loop.time(), now
        if loop.time() - moved_at > STILL_MAX_S:
            raise DemoFailed(_what_lags(playing))
        await asyncio.sleep(LOOK_EVERY_S)


def _what_lags(playing: Playing) -> str:
    lag = playing.figures.lag()
    lanes = ", ".join(f"{lane.agent}/{lane.partition} by {by:,}" for lane, by in lag.items())
    logs = playing.settings.home / "logs"
    return f"nothing moves for {STILL_MAX_S:.0f} s; behind are: {lanes or 'none'} (logs: {logs})"


async def _show(playing: Playing) -> None:
    while True:
        await asyncio.sleep(SHOW_EVERY_S)
        playing.telling.show(
            standing_of(
                playing.figures,
                playing.progress,
                seconds=time.monotonic() - playing.began,
                killed=playing.killed.total(),
            )
        )


@asynccontextmanager
async def _chaos(playing: Playing, stage: Stage) -> AsyncIterator[None]:
    """Kill processes while the block runs, where that is wished; then all heals, to be proven."""
    if not playing.wish.chaos:
        yield
        return

    def killed(name: str) -> None:
        playing.killed[name] += 1

    stop, seed = asyncio.Event(), playing.sandbox.scenario.seed
    async with alongside(wreak(stage, playing.local, killed, stop, seed=seed), end=stop.set):
        yield
