"""Deliveries into Kafka: acknowledged by every replica, bounded while Kafka is away."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.structs import RecordMetadata

from streams.clarus.deliveries import Delivery, Kept, NotKept
from streams.kafka import connection
from streams.log import log
from streams.settings import Settings
from streams.topic_admin import check_topics
from streams.topics import DELIVERIES

ACKNOWLEDGED_WITHIN_S = 5.0  # then the answer is 503, and until the next acknowledgement at once
AWAY_S_MAX = 60.0  # nothing acknowledged for so long: what waits is dropped, the producer made anew
TRY_AGAIN_S = 1.0  # between two attempts to reach Kafka
ASK_WITHIN_S = 2.0  # whether Kafka is there
FLUSH_WITHIN_S = 3.0  # for what is still on its way when the door ends
CLOSE_WITHIN_S = 2.0  # for a request that is being sent
REQUEST_TIMEOUT_MS = 10_000  # a connection that went silent is given up after this
BATCH_BYTES_MAX = 524_288  # of one partition; Kafka takes 1 MiB
RECORD_OVERHEAD_BYTES = 65_536  # key and headers beside the largest body


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that Kafka has not acknowledged."""

    since: float  # the loop's clock
    size_bytes: int


class Unacknowledged:
    """What Kafka has been given and has not acknowledged, oldest first.

    Invariant: a delivery is counted until Kafka answers, even when its sender was told 503 long
    ago: the producer still holds it, and memory is what is bounded here.
    """

    def __init__(self, count_max: int, bytes_max: int) -> None:
        self._count_max = count_max
        self._bytes_max = bytes_max
        self._waiting: dict[int, Waiting] = {}
        self._bytes = 0
        self._next = 0
        self._none_waits = asyncio.Event()

    def has_room_for(self, size_bytes: int) -> bool:
        """Say whether so many bytes more may wait."""
        return len(self._waiting) < self._count_max and self._bytes + size_bytes <= self._bytes_max

    def add(self, waiting: Waiting) -> int:
        """Count a delivery in; returns its number."""
        self._next += 1
        self._waiting[self._next] = waiting
        self._bytes += waiting.size_bytes
        return self._next

    def remove(self, number: int) -> None:
        """Count a delivery out."""
        self._bytes -= self._waiting.pop(number).size_bytes
        if not self._waiting:
            self._none_waits.set()

    async def until_none(self, within_s: float) -> None:
        """Wait until Kafka has acknowledged everything, or for so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._waiting:
                    self._none_waits.clear()
                    await self._none_waits.wait()

    def oldest_since(self) -> float | None:
        """Return since when the oldest waits."""
        first = next(iter(self._waiting.values()), None)
        return first.since if first else None


class KafkaDeliveries:
    """The door's producer: made, watched, and made anew where it cannot go on."""

    def __init__(self, settings: Settings, *, away_s_max: float = AWAY_S_MAX) -> None:
        self._settings = settings
        self._away_s_max = away_s_max
        self._producer: AIOKafkaProducer | None = None
        self._spoilt = asyncio.Event()
        self._away_because = "Kafka has not answered yet"
        self._away_is_said = False
        self._unacknowledged = self._nothing()

    async def run(self) -> None:
        """Have a producer until cancelled; raises `RefusesToRun` where the topic does not fit."""
        while True:
            producer = await self._started()
            self._unacknowledged = self._nothing()
            self._spoilt.clear()
            self._producer = producer
            self._say_reached()
            try:
                await self._until_spoilt()
            except asyncio.CancelledError:
                await self._unacknowledged.until_none(FLUSH_WITHIN_S)
                raise
            finally:
                self._producer = None
                await _close(producer)

    async def keep(self, delivery: Delivery) -> Kept | NotKept:
        """Return once every replica has the delivery, or within 5 s why not."""
        producer, size_bytes = self._producer, delivery.size_bytes
        if producer is None or self._waited_s() > ACKNOWLEDGED_WITHIN_S:
            return NotKept.AWAY
        if not self._unacknowledged.has_room_for(size_bytes):
            return NotKept.FULL
        try:
            async with asyncio.timeout(ACKNOWLEDGED_WITHIN_S):
                stored = await asyncio.shield(await self._send(producer, delivery))
        except TimeoutError:
            return NotKept.AWAY
        except MessageSizeTooLargeError:
            return NotKept.TOO_LARGE
        except KafkaError:
            return NotKept.AWAY
        return Kept(f"{stored.topic}/{stored.partition}/{stored.offset}")

    async def away_because(self) -> str | None:
        """Return why nothing can be kept now; asks Kafka."""
        producer = self._producer
        if producer is None:
            return self._away_because
        if self._waited_s() > ACKNOWLEDGED_WITHIN_S:
            return f"Kafka acknowledges nothing for {self._waited_s():.0f} s"
        try:
            async with asyncio.timeout(ASK_WITHIN_S):
                answered = await producer.client.force_metadata_update()
        except TimeoutError:
            answered = False
        return None if answered else "Kafka does not answer"

    def _nothing(self) -> Unacknowledged:
        # Of one producer: what a dropped one held is never answered, and must not count for ever.
        door = self._settings.door
        return Unacknowledged(door.in_flight_max, door.in_flight_bytes_max)

    async def _send(
        self, producer: AIOKafkaProducer, delivery: Delivery
    ) -> asyncio.Future[RecordMetadata]:
        now = asyncio.get_running_loop().time()
        unacknowledged = self._unacknowledged
        number = unacknowledged.add(Waiting(now, delivery.size_bytes))

        def answered(future: asyncio.Future[RecordMetadata]) -> None:
            unacknowledged.remove(number)
            error = None if future.cancelled() else future.exception()
            if error is not None and producer is self._producer:
                # The numbers of an idempotent producer have a gap after a batch that failed
                # (seen in aiokafka 0.14): Kafka would refuse all that follows.
                self._spoil(error)

        try:
            future = await producer.send(
                DELIVERIES.name, delivery.body, delivery.key, headers=delivery.headers
            )
        except BaseException as error:
            unacknowledged.remove(number)
            if isinstance(error, KafkaError) and not isinstance(error, MessageSizeTooLargeError):
                self._spoil(error)
            raise
        future.add_done_callback(answered)
        return future

    def _spoil(self, error: BaseException) -> None:
        if not self._spoilt.is_set():
            log.warning("producer.spoilt", error=str(error), kind=type(error).__name__)
            self._away_because = "the connection to Kafka is being made anew"
            self._spoilt.set()

    async def _started(self) -> AIOKafkaProducer:
        while True:
            try:
                await check_topics(self._settings, (DELIVERIES,))
                return await self._start()
            except (KafkaError, OSError) as error:
                self._say_away("Kafka does not answer", error=str(error))
            await asyncio.sleep(TRY_AGAIN_S)

    async def _start(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **connection(self._settings),
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            acks="all",
            enable_idempotence=True,
            max_batch_size=BATCH_BYTES_MAX,
            max_request_size=self._settings.door.body_bytes_max + RECORD_OVERHEAD_BYTES,
        )
        try:
            await producer.start()
            # A producer knows a topic's partitions only once it was asked for them.
            await producer.partitions_for(DELIVERIES.name)
        except BaseException:
            await _close(producer)
            raise
        return producer

    async def _until_spoilt(self) -> None:
        while not self._spoilt.is_set():
            try:
                async with asyncio.timeout(TRY_AGAIN_S):
                    await self._spoilt.wait()
            except TimeoutError:
                self._look()

    def _look(self) -> None:
        """Say when acknowledgements cease and when they come again; give up after a long wait."""
        waited_s = self._waited_s()
        if waited_s > self._away_s_max:
            self._spoil(TimeoutError(f"nothing acknowledged for {waited_s:.0f} s"))
        elif waited_s > ACKNOWLEDGED_WITHIN_S:
            self._say_away("Kafka does not acknowledge")
        else:
            self._say_reached()

    def _say_away(self, why: str, **details: str) -> None:
        # The details are for the log: who asks whether the door is ready may be anybody.
        if not self._away_is_said:
            log.warning("kafka.away", why=why, **details)
        self._away_is_said, self._away_because = True, why

    def _say_reached(self) -> None:
        if self._away_is_said:
            log.info("kafka.reached")
        self._away_is_said = False

    def _waited_s(self) -> float:
        since = self._unacknowledged.oldest_since()
        return 0.0 if since is None else asyncio.get_running_loop().time() - since


async def _close(producer: AIOKafkaProducer) -> None:
    """Close a producer with whatever it still holds, which is then neither sent nor answered.

    aiokafka 0.14 closes by flushing, which never ends while Kafka is away, so its two parts are
    closed one by one: the one that tries again and again, then the connections.
    """
    producer._closed = True  # noqa: SLF001
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await producer._sender.close()  # noqa: SLF001
    await producer.client.close()
