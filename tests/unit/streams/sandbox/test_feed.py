"""Products said to a Kafka that is not there."""

import gc

import pytest
from aiokafka.errors import KafkaConnectionError

from ledger.valuation import Product
from streams.broker.ports import draw_port
from streams.sandbox import send_products
from streams.settings import Settings


async def test_a_kafka_that_is_away_leaves_no_client_open() -> None:
    """The error says it, and whoever tries again and again does not gather sockets."""
    settings = Settings(kafka=f"127.0.0.1:{draw_port()}")

    with pytest.raises(KafkaConnectionError):
        await send_products(settings, [Product("MUG", 1, 5_500_000, saleable=True)])
    gc.collect()  # what was left open warns, and a warning is an error
