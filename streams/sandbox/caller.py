"""How the stand-in calls the door: bounded, in order for one SKU, told again until answered 2xx."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from zlib import crc32

import aiohttp

from streams.sandbox.letters import Delivery
from streams.sandbox.tally import Tally

ATTEMPT_S_MAX = 15.0  # the door answers within 10 s; a call that takes longer is told again
TOLD_AGAIN_S_MAX = 300.0  # a door that takes nothing for so long ends the playing
PAUSE_S, PAUSE_S_MAX = 0.05, 1.0  # before the second attempt; doubled up to
WAITING_MAX = 64  # deliveries in front of one caller; the making of more waits
RETRIED = frozenset({408, 425, 429})  # and every 5xx: the door may take it later


class DoorRefuses(Exception):
    """The door refuses what is sound, or does not answer for too long: the playing ends."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a playing stands; said after every delivery."""

    sent: int  # deliveries answered, the whole playing so far
    planned: int | None  # of the whole playing; None where days are made as they are played
    at: datetime  # the retailer's own clock, UTC
    retries: int
    refused: int


@dataclass(frozen=True, slots=True)
class Played:
    """What one call of `play` did."""

    deliveries: int
    seconds: float
    retries: int
    statuses: dict[int, int]  # answers by HTTP status


class Caller:
    """Posts deliveries; everything of one SKU goes through one of the callers, in order."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        address: str,
        tally: Tally,
        on_answer: Callable[[Delivery], None],
    ) -> None:
        self.statuses: Counter[int] = Counter()
        # retries; refused, for good; unsure: attempts that broke after they were sent.
        self.counts: Counter[str] = Counter()
        self._session = session
        self._address = address
        self._tally = tally
        self._on_answer = on_answer

    async def call(self, delivery: Delivery) -> None:
        """Tell one delivery until the door has it, or refuses it for good."""
        if delivery.breaks:
            self.counts["retries"] += 1  # the first attempt got nowhere
        status = await self._until_answered(delivery)
        if status < 300:
            if delivery.answer_lost:
                self.counts["retries"] += 1
                await self._until_answered(delivery)
            self._tally.taken_in(delivery)
        elif delivery.poison is None:
            raise DoorRefuses(f"{'.'.join(delivery.event)}: the door answered {status}")
        else:
            self.counts["refused"] += 1
            self._tally.refused(delivery, status)
        self._on_answer(delivery)

    async def _until_answered(self, delivery: Delivery) -> int:
        until, pause_s = monotonic() + TOLD_AGAIN_S_MAX, PAUSE_S
        while True:
            status = await self._attempt(delivery)
            if status and status < 500 and status not in RETRIED:
                return status
            if monotonic() > until:
                raise DoorRefuses(f"no answer but {status or 'none'} for {TOLD_AGAIN_S_MAX:g} s")
            self.counts["retries"] += 1
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, PAUSE_S_MAX)

    async def _attempt(self, delivery: Delivery) -> int:
        """Return the status of one attempt; 0 if there was no answer."""
        url = f"{self._address}/{delivery.event[0]}/{delivery.event[1]}"
        try:
            async with self._session.post(
                url, data=delivery.body, headers=delivery.headers
            ) as response:
                await response.read()
        except aiohttp.ClientConnectorError:
            return 0
        except (aiohttp.ClientError, TimeoutError):
            self.counts["unsure"] += 1
            return 0
        self.statuses[response.status] += 1
        self.counts["unsure"] += response.status >= 500
        return response.status


async def call_all(
    deliveries: Iterable[Delivery], caller: Caller, *, concurrency: int, speed: float | None
) -> None:
    """Tell all of them, as many at once as `concurrency`; raises `DoorRefuses`."""
    lanes: list[asyncio.Queue[Delivery | None]] = [
        asyncio.Queue(WAITING_MAX) for _ in range(concurrency)
    ]
    try:
        async with asyncio.TaskGroup() as group:
            for lane in lanes:
                group.create_task(_work(lane, caller))
            await _hand_out(deliveries, lanes, speed)
    except* DoorRefuses as refusals:
        refusal = refusals.exceptions[0]
    else:
        return
    raise refusal


async def _work(lane: asyncio.Queue[Delivery | None], caller: Caller) -> None:
    while (delivery := await lane.get()) is not None:
        await caller.call(delivery)


async def _hand_out(
    deliveries: Iterable[Delivery],
    lanes: list[asyncio.Queue[Delivery | None]],
    speed: float | None,
) -> None:
    started, first_due = monotonic(), None
    for delivery in deliveries:
        if speed is not None:
            first_due = first_due or delivery.due
            wait_s = (delivery.due - first_due).total_seconds() / speed
            await asyncio.sleep(max(0.0, started + wait_s - monotonic()))
        await lanes[crc32(delivery.order_key.encode()) % len(lanes)].put(delivery)
    for lane in lanes:
        await lane.put(None)
