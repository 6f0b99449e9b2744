"""Whose stock the body of a delivery moves: where it names its own account, and whose that is."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str, ...]
ENVELOPES = ("data", "attributes")  # one in the other


@dataclass(frozen=True, slots=True)
class Owners:
    """The settings by which the account of a body is found; the first of several places counts."""

    ours: frozenset[str] = frozenset()
    codes: Mapping[str, str] = field(default_factory=dict[str, str])  # by Clarus's id of an account
    places: Sequence[Path] = ()  # of an account's code
    id_places: Sequence[Path] = ()
    legs: Sequence[Path] = ()  # of an account transfer
    depth: int | None = None  # how many envelopes there are; None: as many as are found

    def of_ours(self, value: bytes | None, *, is_transfer: bool) -> set[str]:
        """Return the accounts of ours that the body of one record is about.

        One that it names elsewhere, as that of an order it belongs to, is not its own.
        """
        try:
            read = json.loads(value or b"")
        except (ValueError, RecursionError):
            return set()
        if not isinstance(read, dict):
            return set()
        fields = self._unwrapped(read)
        parts = [_within(fields, leg) for leg in self.legs] if is_transfer else [fields]
        return {self._account(part) for part in parts} & self.ours

    def _unwrapped(self, read: Mapping[str, Any]) -> Mapping[str, Any]:
        layers = [read]
        for name in ENVELOPES:
            inner = layers[-1].get(name)
            if not isinstance(inner, dict):
                break
            layers.append(inner)
        if self.depth is not None:
            return layers[self.depth] if self.depth < len(layers) else {}
        merged: dict[str, Any] = {}
        for layer in layers:
            merged |= {name: value for name, value in layer.items() if value is not None}
        return merged

    def _account(self, fields: object) -> str:
        """Return the code of the account that fields name; nothing where they name none."""
        path, said = _first(fields, self.places)
        # Where an object with a code may stand, a bare number is an id, and a bare text may be one.
        is_alone = any(len(other) > 1 and other[:1] == path for other in self.places)
        if (is_alone and not isinstance(said, str)) or not str(said).strip():
            _, number = _first(fields, self.id_places)
            return self.codes.get(str(number), "")
        code = str(said)
        return self.codes.get(code, code) if is_alone and code not in self.ours else code


def _first(fields: object, places: Iterable[Path]) -> tuple[Path, str | float]:
    """Return the first text or number at some places; an empty text is none."""
    for path in places:
        value = _within(fields, path)
        if isinstance(value, str | int | float) and value != "":
            return path, value
    return (), ""


def _within(fields: object, path: Path) -> object:
    value: Any = fields
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
