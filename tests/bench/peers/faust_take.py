"""Faust, a thousand events at a time: acknowledged when all that came of them is in Kafka.

Run as a process of its own: `python -m tests.bench.peers.faust_take KAFKA APP FOLDER`. A table
cannot be written to inside `noack_take`; its changelog can, and then what it holds.
"""

import sys
from collections.abc import Awaitable, Sequence
from typing import Any

import faust

from tests.bench.peers import work

AT_ONCE_MAX = 1_000
WITHIN_S = 0.1


class Batch:
    """One list of events: what it changes, each key once, and what it says."""

    def __init__(self, app_id: str, app: faust.App) -> None:
        self.journal = app.topic(f"{app_id}-journal", key_type=bytes)
        self.availability = app.topic(f"{app_id}-availability", key_type=bytes)
        self.seen: Any = app.Table("seen", default=bool)
        self.levels: Any = app.Table("levels", default=int)

    async def keep(self, events: Sequence[Any]) -> None:
        """Return once everything is acknowledged by Kafka: outputs first, then the tables."""
        applied = list(self._apply(events))
        newest = {work.place(event.value): event for event in applied}
        said = [await self._entry(event.value) for event in applied]
        said += [await self._availability(event.value) for event in newest.values()]
        await _all(said)
        kept = [self._write(self.seen, e, e.value["movement_id"], value=True) for e in applied]
        for place, event in newest.items():
            kept.append(self._write(self.levels, event, place, value=self.levels.data[place]))
        await _all(kept)
        for event in events:
            event.ack()

    def _apply(self, events: Sequence[Any]) -> Any:
        for event in events:
            movement = event.value
            if work.is_movement(movement) and movement["movement_id"] not in self.seen.data:
                self.seen.data[movement["movement_id"]] = True
                place = work.place(movement)
                self.levels.data[place] = self.levels.data.get(place, 0) + work.signed(movement)
                yield event

    async def _entry(self, movement: dict[str, Any]) -> Awaitable[Any]:
        return await self.journal.send(key=movement["sku"].encode(), value=work.entry(movement))

    async def _availability(self, movement: dict[str, Any]) -> Awaitable[Any]:
        stated = work.availability(movement, self.levels.data[work.place(movement)])
        return await self.availability.send(key=movement["sku"].encode(), value=stated)

    def _write(self, table: Any, event: Any, key: str, *, value: Any) -> Awaitable[Any]:
        return table.send_changelog(event.message.partition, key, value)


async def _all(acknowledgements: Sequence[Awaitable[Any]]) -> None:
    for each in acknowledgements:
        await each


def build(kafka: str, app_id: str, folder: str) -> faust.App:
    """Return the app; a failure ends the process, and what was not acknowledged comes again."""
    app = faust.App(
        app_id,
        broker=f"kafka://{kafka}",
        value_serializer="json",
        topic_partitions=8,
        datadir=folder,
        web_enabled=False,
        agent_supervisor="mode.CrashingSupervisor",
        broker_max_poll_records=500,
        producer_linger=0.02,
        producer_max_batch_size=131_072,
    )
    batch = Batch(app_id, app)

    @app.agent(app.topic(work.SOURCE, key_type=bytes))
    async def keep(stream: Any) -> None:
        async for events in stream.noack_take(AT_ONCE_MAX, within=WITHIN_S):
            await batch.keep(events)

    return app


def main() -> None:
    """Run as `faust worker -l info` would."""
    app = build(*sys.argv[1:])
    sys.argv[1:] = []
    faust.Worker(app, loglevel="info").execute_from_commandline()


if __name__ == "__main__":
    main()
