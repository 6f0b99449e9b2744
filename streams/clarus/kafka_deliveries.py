"""Deliveries into Kafka: acknowledged by every replica, bounded while Kafka is away."""

import asyncio

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.structs import RecordMetadata

from streams.clarus.deliveries import Delivery, Kept, NotKept
from streams.clarus.door_producer import CLOSE_WITHIN_S, start_producer
from streams.clarus.unacknowledged import Unacknowledged, Waiting
from streams.engine.closing import close_producer
from streams.log import log
from streams.settings import Settings
from streams.topic_admin import check_topics
from streams.topics import DELIVERIES

ACKNOWLEDGED_WITHIN_S = 5.0  # then the answer is 503, and until the next acknowledgement at once
AWAY_S_MAX = 60.0  # nothing acknowledged for so long: what waits is dropped, the producer made anew
TRY_AGAIN_S = 1.0  # between two attempts to reach Kafka
ASK_WITHIN_S = 2.0  # whether Kafka is there
FLUSH_WITHIN_S = 3.0  # for what is still on its way when the door ends


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
                await close_producer(producer, CLOSE_WITHIN_S)

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
            if producer is self._producer and _is_the_producers(error):
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
                return await start_producer(self._settings)
            except (KafkaError, OSError) as error:
                self._say_away("Kafka does not answer", error=str(error))
            await asyncio.sleep(TRY_AGAIN_S)

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


def _is_the_producers(error: BaseException) -> bool:
    return isinstance(error, KafkaError) and not isinstance(error, MessageSizeTooLargeError)
