"""The door's producer: idempotent, answered by every replica; closed even while Kafka is away."""

from aiokafka import AIOKafkaProducer

from streams.engine.closing import close_producer
from streams.kafka import connection
from streams.settings import Settings
from streams.topics import DELIVERIES

REQUEST_TIMEOUT_MS = 10_000  # a connection that went silent is given up after this
CLOSE_WITHIN_S = 2.0  # for a request that is being sent
BATCH_BYTES_MAX = 524_288  # of one partition; Kafka takes 1 MiB
RECORD_OVERHEAD_BYTES = 65_536  # key and headers beside the largest body


async def start_producer(settings: Settings) -> AIOKafkaProducer:
    """Return a producer that knows the topic; raises what aiokafka raises where it cannot."""
    producer = AIOKafkaProducer(
        **connection(settings),
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        acks="all",
        enable_idempotence=True,
        max_batch_size=BATCH_BYTES_MAX,
        max_request_size=settings.door.body_bytes_max + RECORD_OVERHEAD_BYTES,
    )
    try:
        await producer.start()
        # A producer knows a topic's partitions only once it was asked for them.
        await producer.partitions_for(DELIVERIES.name)
    except BaseException:
        await close_producer(producer, CLOSE_WITHIN_S)
        raise
    return producer
