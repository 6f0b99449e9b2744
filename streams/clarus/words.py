"""The settings of one tenant, made ready to read records with."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from ledger.immutable import immutable
from ledger.movement import MovementKind
from streams.clarus.fates import FATES, Event, Moves
from streams.clarus.settings import ClarusSettings

Path = tuple[str, ...]
_Names = tuple[tuple[str, str | tuple[str, ...]], ...]  # of each noun: its one place, or several

_DEPTH_OF = {"flat": 0, "data": 1, "attributes": 2}  # of an envelope that is known; else any
# Assumed: the body of a hold or a release is the stock record, not a transaction.
_OF_RECORDS = frozenset(
    event
    for event, fate in FATES.items()
    if fate in (Moves(MovementKind.HELD), Moves(MovementKind.RELEASED))
)


@immutable
class Account:
    """An account as a body names it."""

    code: str
    is_ours: bool


class Words:
    """The settings of one tenant, made ready to read records with."""

    def __init__(self, settings: ClarusSettings) -> None:
        self.settings = settings
        places = tuple(settings.names)
        self._paths = _paths_by_noun(places)
        self._names = _names_by_noun(places)
        self._ours = frozenset(settings.accounts)

    def unwrapped(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a record with the envelope taken off."""
        layers = tuple(_layers(record))
        depth = _DEPTH_OF.get(self.settings.envelope)
        if depth is not None:
            return layers[depth] if depth < len(layers) else {}
        return record if len(layers) == 1 else _merged(layers)

    def paths(self, noun: str) -> tuple[Path, ...]:
        """Return where a field may stand, the first choice first."""
        return self._paths[noun]

    def name(self, noun: str) -> str:
        """Return what a field is called, for a person."""
        return self._names[noun]

    def is_place_of_object(self, noun: str, path: Path) -> bool:
        """Say whether a field of the noun is looked for inside what stands at the path."""
        return any(len(other) > 1 and other[:1] == path for other in self._paths[noun])

    def account(self, code: str, *, may_be_id: bool) -> Account:
        """Return an account by its code; a text that stands alone may be an id instead."""
        if may_be_id and code not in self._ours:
            code = self.settings.account_ids.get(code, code)
        return Account(code, code in self._ours)

    def account_of_id(self, number: str) -> Account | None:
        """Return the account that the settings name for an id; an id is never a code."""
        code = self.settings.account_ids.get(number)
        return None if code is None else Account(code, code in self._ours)

    def id_is(self, event: Event) -> str:
        """Return what the id of an event's body names."""
        usual = "record" if event in _OF_RECORDS else "transaction"
        return self.settings.id_is.get(".".join(event), usual)

    def clock(self, event: Event) -> str:
        """Return which time of an event's body is the movement's."""
        return self.settings.occurred.get(".".join(event), "created_at")

    def sku(self, code: str) -> str:
        """Return the SKU of a product code; a code is never trimmed."""
        return code.upper() if self.settings.sku_case == "one" else code

    def site(self, warehouse: str) -> str:
        """Return the site of a warehouse code."""
        return self.settings.sites.get(warehouse, warehouse)


def _merged(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return all fields; where two layers have one, the inner layer's counts."""
    merged: dict[str, Any] = {}
    for layer in layers:
        merged.update((name, value) for name, value in layer.items() if value is not None)
    return merged


def _layers(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield record
    outer = record.get("data")
    if isinstance(outer, dict):
        yield outer
        inner = outer.get("attributes")
        if isinstance(inner, dict):
            yield inner


@lru_cache(maxsize=1)  # every lane of a process asks for the same ones
def _paths_by_noun(nouns: _Names) -> Mapping[str, tuple[Path, ...]]:
    return {
        noun: tuple(tuple(place.split(".")) for place in _several(places)) for noun, places in nouns
    }


@lru_cache(maxsize=1)
def _names_by_noun(nouns: _Names) -> Mapping[str, str]:
    return {noun: (*_several(places), noun)[0] for noun, places in nouns}


def _several(places: str | tuple[str, ...]) -> tuple[str, ...]:
    return (places,) if isinstance(places, str) else places
