"""A pause between two connections to a node that refuses them; aiokafka 0.14 makes none.

A lane's producer asks again within milliseconds, as the first write of a transaction is refused for
a moment. While Kafka is away, that was a connection each time: sixteen lanes tried 870 times
a second, and took from a busy machine what Kafka needed to start (seen in `stock demo --chaos`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka.client import AIOKafkaClient

FIRST_PAUSE_S = 0.05
# So much later, at the most, Kafka is found again; the usual bound of Kafka's own clients.
LONGEST_PAUSE_S = 1.0

Node = int | str  # a broker's id, or aiokafka's word for whoever it was told of at first


def pause_before_reconnecting(
    client: AIOKafkaClient, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Have a client wait before it asks a node that refused it last time; longer each time."""
    theirs: Any = client
    connect = theirs._get_conn  # noqa: SLF001 (everything that connects comes by here)
    pauses_s: dict[Node, float] = {}  # of nodes that refused the last connection

    async def connected(node: Node, **how: Any) -> Any:
        pause_s = pauses_s.get(node, 0.0)
        if pause_s:
            await sleep(pause_s)
        connection = await connect(node, **how)
        if connection is None:
            pauses_s[node] = min(max(2 * pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        else:
            pauses_s.pop(node, None)
        return connection

    theirs._get_conn = connected  # noqa: SLF001
