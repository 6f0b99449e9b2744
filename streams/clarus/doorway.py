"""Opening the door and closing it: a listener, the door behind it, Kafka behind the door."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from streams.address import split_bind
from streams.clarus.connections import Connections, listen
from streams.clarus.deliveries import Deliveries
from streams.clarus.door import Door
from streams.clarus.door_pages import DoorPages
from streams.clarus.kafka_deliveries import KafkaDeliveries
from streams.clarus.secret import required_secret
from streams.engine.errors import RefusesToRun
from streams.log import log
from streams.settings import Settings, masked

DRAIN_S_MAX = 8.0  # requests in flight have so long to end after SIGTERM; then they are cut

Clock = Callable[[], datetime]  # UTC


def machine_clock() -> datetime:
    """Return this machine's time."""
    return datetime.now(UTC)


async def serve(settings: Settings, stop: asyncio.Event, *, now: Clock = machine_clock) -> None:
    """Be the door until `stop` is set; raises `RefusesToRun` where it cannot be."""
    required_secret(settings)
    deliveries = KafkaDeliveries(settings)
    async with asyncio.TaskGroup() as group:
        into_kafka = group.create_task(deliveries.run())
        async with opened(settings, deliveries, now=now) as port:
            log.info("door.opened", port=port, settings=masked(settings))
            stopped = group.create_task(stop.wait())
            await asyncio.wait({stopped, into_kafka}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        into_kafka.cancel()
    log.info("door.closed")


@asynccontextmanager
async def opened(
    settings: Settings, deliveries: Deliveries, *, now: Clock = machine_clock
) -> AsyncIterator[int]:
    """Hold the door open on its address; yields the port. Requests in flight end before it."""
    connections = _behind(settings, deliveries, now)
    host, port = split_bind(settings.door_bind)
    try:
        listener = listen(host, port)
    except OSError as error:
        raise RefusesToRun(
            f"STOCK_DOOR_BIND={settings.door_bind}: {error.strerror or error}: name a free address"
        ) from None
    accepting = asyncio.create_task(connections.accept(listener))
    try:
        yield listener.getsockname()[1]
    finally:
        accepting.cancel()
        with suppress(asyncio.CancelledError):
            await accepting
        listener.close()
        await connections.drain(DRAIN_S_MAX)


def _behind(settings: Settings, deliveries: Deliveries, now: Clock) -> Connections:
    pages = DoorPages(settings, deliveries)
    door = Door(settings, required_secret(settings), deliveries, pages, now=now)
    return Connections(
        door.handle,
        connections_max=settings.door.connections_max,
        request_s_max=settings.door.request_s_max,
    )
