"""What one partition of keep_stock came to, as its changelog says."""

from dataclasses import dataclass

import orjson

from streams.topics import STOCK_CHANGELOG
from tests.simulation.expected import Moved, Said, moved_by
from tests.simulation.kafka import Kafka
from tests.simulation.worker import changelog_image


@dataclass(slots=True)
class Found:
    """Cards, the mark, and what is parked."""

    cards: list[Said]
    mark: Said | None
    parked: dict[str, Moved]  # by source


def found_in(kafka: Kafka, partition: int) -> Found:
    """Read a partition's changelog."""
    image = changelog_image(kafka, (STOCK_CHANGELOG.name, partition))
    all_kept = [orjson.loads(image[key]) for key in image if key.startswith(b"\x00parked:")]
    return Found(
        [orjson.loads(value) for key, value in image.items() if not key.startswith(b"\x00")],
        orjson.loads(image[b"\x00mark"]) if image else None,
        {kept["source"]: moved_by(kept["movement"]) for kept in all_kept},
    )
