"""The minimal Khaos: products with their cost, said to `khaos.products.v1`."""

from collections.abc import Awaitable, Iterable
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaProducer

from ledger.valuation import Product
from ledger.wire import render_product
from streams.headers import event_kind, rfc3339
from streams.kafka import connection
from streams.partitions import partition_of
from streams.settings import Settings
from streams.topics import PRODUCTS

_KIND = event_kind(PRODUCTS.name, "sandbox", "khaos")


async def send_products(settings: Settings, products: Iterable[Product]) -> int:
    """Say each product once; return how many. Saying them again changes nothing."""
    said_at = rfc3339(datetime.now(UTC))
    producer = AIOKafkaProducer(**connection(settings), enable_idempotence=True, linger_ms=5)
    try:
        await producer.start()
        acknowledgements = [
            await _send(producer, product, said_at, settings.partitions) for product in products
        ]
        for acknowledgement in acknowledgements:
            await acknowledgement
    finally:
        await producer.stop()
    return len(acknowledgements)


async def _send(
    producer: AIOKafkaProducer, product: Product, said_at: bytes, partitions: int
) -> Awaitable[Any]:
    key = product.sku.encode()
    return await producer.send(
        PRODUCTS.name,
        render_product(product),
        key,
        partition=partition_of(key, partitions),
        headers=_KIND.headers(f"product:{product.sku}:{product.version}", said_at),
    )
