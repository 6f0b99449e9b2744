"""Faust as its documentation writes it: an agent over events, tables, sends.

Run as a process of its own: `python -m tests.bench.peers.faust_agent KAFKA APP FOLDER`.
"""

import sys
from typing import Any

import faust

from tests.bench.peers import work


def build(kafka: str, app_id: str, folder: str) -> faust.App:
    """Return the app; what is not named is Faust's default."""
    app = faust.App(
        app_id,
        broker=f"kafka://{kafka}",
        value_serializer="json",
        topic_partitions=8,
        datadir=folder,
        web_enabled=False,
    )
    movements = app.topic(work.SOURCE, key_type=bytes)
    journal = app.topic(f"{app_id}-journal", key_type=bytes)
    availability = app.topic(f"{app_id}-availability", key_type=bytes)
    seen = app.Table("seen", default=bool)
    levels = app.Table("levels", default=int)

    @app.agent(movements)
    async def keep(stream: Any) -> None:
        async for movement in stream:
            if not work.is_movement(movement) or movement["movement_id"] in seen:
                continue
            seen[movement["movement_id"]] = True
            levels[work.place(movement)] += work.signed(movement)
            sku, on_hand = movement["sku"].encode(), levels[work.place(movement)]
            await journal.send(key=sku, value=work.entry(movement))
            await availability.send(key=sku, value=work.availability(movement, on_hand))

    return app


def main() -> None:
    """Run as `faust worker -l info` would."""
    app = build(*sys.argv[1:])
    sys.argv[1:] = []
    faust.Worker(app, loglevel="info").execute_from_commandline()


if __name__ == "__main__":
    main()
