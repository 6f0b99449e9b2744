"""The naive agent: what a first afternoon with Faust gives, for comparison.

Run as a process of its own: `python -m streams.bench.naive ID COUNT`. Its settings are Faust's
defaults but for the broker; it adds up, keeps no identity, writes no entry, and counts twice
after a rebalance. Its last line says what it measured.
"""

import os
import sys
import time
from typing import Any

import faust
import orjson

from streams.kafka import bootstrap
from streams.settings import Settings
from streams.topics import MOVEMENTS


def build(settings: Settings, app_id: str, count: int) -> faust.App:
    """Return the app: `table[sku] += quantity`, a record at a time."""
    app = faust.App(
        app_id,
        broker=f"kafka://{bootstrap(settings)}",
        store="memory://",
        topic_partitions=settings.partitions,
        datadir=settings.home / app_id,
        web_enabled=False,
        table_standby_replicas=0,
        worker_redirect_stdouts=False,
    )
    stock = app.Table(f"{app_id}-levels", default=int, partitions=settings.partitions)
    movements = app.topic(MOVEMENTS.name, key_type=bytes, value_serializer="json")

    @app.agent(movements)
    async def add(stream: Any) -> None:
        taken, began_s, cpu_began_s = 0, 0.0, 0.0
        async for movement in stream:
            if "sku" not in movement:
                continue
            if not taken:
                began_s, cpu_began_s = time.perf_counter(), time.process_time()
            stock[movement["sku"]] += int(movement["quantity"])
            taken += 1
            if taken == count:
                _tell(count, time.perf_counter() - began_s, time.process_time() - cpu_began_s)

    return app


def _tell(count: int, took_s: float, cpu_s: float) -> None:
    run = {"movements_per_s": count / took_s, "cpu_s_per_million": cpu_s / count * 1e6}
    sys.stdout.write(orjson.dumps(run).decode() + "\n")
    sys.stdout.flush()
    os._exit(0)


def main() -> None:
    """Run until so many records are added."""
    app = build(Settings(), sys.argv[1], int(sys.argv[2]))
    sys.argv[1:] = []
    faust.Worker(app, loglevel="error", quiet=True).execute_from_commandline()


if __name__ == "__main__":
    main()
