"""Asking Kafka of transactions: what an old broker cannot answer is said, and not tried again."""

from typing import Any, cast

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import IncompatibleBrokerVersion

from streams.engine.described import Describing
from streams.engine.errors import RefusesToRun


class OldBroker:
    """Stands for a Kafka before 3.0: whatever it is sent, it knows no word of."""

    async def coordinator_lookup(self, *_: Any) -> int:
        return 1

    async def send(self, *_: Any) -> Any:
        raise IncompatibleBrokerVersion("unknown")


async def test_an_old_broker_is_refused() -> None:
    """A person must act: asking again would not help."""
    kafka = Describing(cast("AIOKafkaClient", OldBroker()))

    with pytest.raises(RefusesToRun, match="later is needed"):
        await kafka.committed_last(["a-lane"])
