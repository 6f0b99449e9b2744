"""A node that refuses connections is left alone for longer each time, and only that node."""

import asyncio
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient

from streams.engine.reconnecting import (
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    pause_before_reconnecting,
)

AWAY, HERE = 1, 2


class Client(AIOKafkaClient):
    """Reaches those that are not away."""

    def __init__(self) -> None:
        super().__init__()
        self.away = {AWAY}
        self.slept_s: list[float] = []
        pause_before_reconnecting(self, self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        await asyncio.sleep(0)

    async def _get_conn(self, node_id: int, **how: Any) -> Any:
        return None if node_id in self.away else (node_id, how)


@pytest.fixture
async def client() -> Client:
    return Client()


async def test_the_first_connection_is_made_at_once(client: Client) -> None:
    """A connection that broke is made anew without a pause."""
    assert not await client.ready(AWAY)
    assert client.slept_s == []


async def test_a_node_that_refuses_is_asked_more_and_more_seldom(client: Client) -> None:
    """By what was 870 times a second, a worker took the CPU that Kafka needed to start."""
    for _ in range(8):
        assert not await client.ready(AWAY)
    assert client.slept_s == [0.05, 0.1, 0.2, 0.4, 0.8, LONGEST_PAUSE_S, LONGEST_PAUSE_S]


async def test_nobody_waits_for_another_node(client: Client) -> None:
    """Of several brokers, those that are there go on."""
    assert not await client.ready(AWAY)
    assert await client.ready(HERE)
    assert client.slept_s == []


async def test_a_node_that_is_back_is_forgiven(client: Client) -> None:
    """Its next refusal is again the first."""
    assert not await client.ready(AWAY)
    client.away.clear()
    assert await client.ready(AWAY)
    assert await client.ready(AWAY)
    assert client.slept_s == [FIRST_PAUSE_S]
