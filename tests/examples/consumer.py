"""Says what may be sold of each SKU, whenever it changes: `python consumer.py host:port`."""

import asyncio
import json
import sys

from aiokafka import AIOKafkaConsumer


async def main(kafka: str) -> None:
    async with AIOKafkaConsumer(
        "stock.availability.v1",
        bootstrap_servers=kafka,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    ) as consumer:
        async for record in consumer:
            said = json.loads(record.value or b"")
            print(said["sku"], said["version"], said["available"], flush=True)


asyncio.run(main(sys.argv[1]))
