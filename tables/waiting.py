"""Movements that wait for the opening of their place, by place and SKU."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from ledger.errors import UnreadableState
from ledger.holds import Place
from ledger.json_bytes import json_bytes
from ledger.movement import Movement
from ledger.wire import parse_movement, render_movement

WAITING = b"\x00waiting:"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A movement that waits for the opening of its place; not in any level."""

    movement: Movement
    offset: int


class Waits:
    """Invariant: `count` is of what was added and not taken out."""

    def __init__(self) -> None:
        self.count = 0
        self._waiting: dict[Place, dict[str, list[Waiting]]] = {}  # by SKU
        self._notes: dict[bytes, bytes | None] = {}  # since the last snapshot

    def restore(self, value: bytes) -> None:
        """Take in what the changelog keeps of one."""
        self._add(_parse_waiting(value))

    def add(self, waiting: Waiting) -> None:
        """Keep a movement until its place is opened."""
        self._add(waiting)
        self._notes[_key(waiting)] = _render_waiting(waiting)

    def skus(self, place: Place) -> Collection[str]:
        """Return the SKUs of which something waits for a place."""
        return self._waiting.get(place, {}).keys()

    def take(self, place: Place, sku: str) -> list[Waiting]:
        """Take out what of a SKU waited for a place, in the order it arrived."""
        taken = self._waiting.get(place, {}).pop(sku, [])
        for waiting in taken:
            self._notes[_key(waiting)] = None
        self.count -= len(taken)
        return sorted(taken, key=lambda waiting: waiting.offset)

    def snapshot(self) -> Sequence[tuple[bytes, bytes | None]]:
        """Return what changed since the last snapshot."""
        notes, self._notes = self._notes, {}
        return list(notes.items())

    def _add(self, waiting: Waiting) -> None:
        movement = waiting.movement
        of_place = self._waiting.setdefault(Place(movement.account, movement.site), {})
        of_place.setdefault(movement.sku, []).append(waiting)
        self.count += 1


def _key(waiting: Waiting) -> bytes:
    return WAITING + b"%d" % waiting.offset


def _render_waiting(waiting: Waiting) -> bytes:
    return json_bytes(
        {
            "offset": waiting.offset,
            "movement": orjson.Fragment(render_movement(waiting.movement)),
        }
    )


def _parse_waiting(value: bytes) -> Waiting:
    fields = kept_fields(value)
    return Waiting(fields["movement"], fields["offset"])


def kept_fields(value: bytes) -> dict[str, Any]:
    """Read what is kept of a movement beside the cards; raise `UnreadableState` else."""
    try:
        fields = orjson.loads(value)
        return {**fields, "movement": parse_movement(orjson.dumps(fields["movement"]))}
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise UnreadableState(f"a kept movement does not read back: {error}") from None
