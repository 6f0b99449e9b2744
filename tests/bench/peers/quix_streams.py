"""Quix Streams as its documentation writes it: a dataframe with state, exactly once.

Run as a process of its own, by a Python that has Quix Streams and nothing of ours: `python -m
tests.bench.peers.quix_streams KAFKA APP FOLDER`.
"""

import sys
from typing import Any

from quixstreams import Application  # pyright: ignore[reportMissingImports] (has its own venv)

from tests.bench.peers import work


def keep(movement: dict[str, Any], state: Any) -> dict[str, Any] | None:
    """Return what a movement gives, None for a repeat; the state is that of its SKU."""
    if state.exists(movement["movement_id"]):
        return None
    state.set(movement["movement_id"], 1)
    on_hand = state.get(movement["site"], 0) + work.signed(movement)
    state.set(movement["site"], on_hand)
    return {
        "entry": work.entry(movement),
        "availability": work.availability(movement, on_hand),
    }


def main() -> None:
    """Run until told to stop."""
    kafka, app_id, folder = sys.argv[1:]
    app = Application(
        broker_address=kafka,
        consumer_group=app_id,
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        state_dir=folder,
    )
    frame = app.dataframe(app.topic(work.SOURCE, value_deserializer="json"))
    frame = frame.filter(work.is_movement)
    kept = frame.apply(keep, stateful=True).filter(lambda said: said is not None)
    kept.apply(lambda said: said["entry"]).to_topic(app.topic(f"{app_id}-journal"))
    kept.apply(lambda said: said["availability"]).to_topic(app.topic(f"{app_id}-availability"))
    app.run()


if __name__ == "__main__":
    main()
