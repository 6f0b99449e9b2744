"""JSON in as many bytes as it has."""

from typing import Any

import orjson


def json_bytes(value: Any, option: int | None = None) -> bytes:
    """Return compact UTF-8 JSON, in a buffer of its own length.

    orjson 3.13 returns the buffer it wrote to, 4 KiB at the least, and never shrinks it: a card
    of 400 bytes would keep ten times as much for as long as it lives (home-assistant/core #181245
    says why).
    """
    return b"".join((orjson.dumps(value, option=option), b""))
