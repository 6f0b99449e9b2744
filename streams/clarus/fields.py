"""The tolerant reader of one record: fields by their nouns, exact values out, one error."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ledger.movement import MovementKind
from ledger.quantity import milli_from_decimal
from streams.clarus.fates import FATES, Event, Moves
from streams.clarus.records import Number, Unreadable
from streams.clarus.settings import ClarusSettings

CODE_MAX = 60  # the vendor documents 50 for products; a longer code is refused
NOTE_MAX = 500  # the vendor documents 150; the rest of a longer note is cut off
NUMBER_MAX = 60  # characters of a number; a longer one is refused before it costs arithmetic
LATE_MAX = timedelta(days=1)  # occurred later than this after its receipt: refused
OCCURRED_MIN = datetime(2000, 1, 1, tzinfo=UTC)  # before any tenant of Clarus: a clock gone wrong

# No control characters (they would forge log lines) and no lone surrogates (they are no text).
_PLAIN = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CONTROL = dict.fromkeys((*range(32), 127), " ")
_WHOLE = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?")
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?) ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?)?"
)

Path = tuple[str, ...]

# Assumed: the body of a hold or a release is the stock record, not a transaction.
_OF_RECORDS = (Moves(MovementKind.HELD), Moves(MovementKind.RELEASED))


@dataclass(frozen=True, slots=True)
class Account:
    """An account as a body names it."""

    code: str
    is_ours: bool


class Words:
    """The settings of one tenant, made ready to read records with."""

    def __init__(self, settings: ClarusSettings) -> None:
        self.settings = settings
        self._paths: Mapping[str, tuple[Path, ...]] = {
            noun: tuple(tuple(place.split(".")) for place in _several(places))
            for noun, places in settings.names.model_dump().items()
        }
        self._ours = frozenset(settings.accounts)

    def fields(self, record: Mapping[str, Any]) -> "Fields":
        """Return a record's fields with the envelope taken off."""
        return Fields(_unwrapped(record, self.settings.envelope), self)

    def paths(self, noun: str) -> tuple[Path, ...]:
        """Return where a field may stand, the first choice first."""
        return self._paths[noun]

    def account(self, code: str) -> Account:
        """Return an account by its code, or by an id that the settings name."""
        if code not in self._ours:
            code = self.settings.account_ids.get(code, code)
        return Account(code, code in self._ours)

    def id_is(self, event: Event) -> str:
        """Return what the id of an event's body names."""
        usual = "record" if FATES.get(event) in _OF_RECORDS else "transaction"
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


class Fields:
    """The fields of one record. Every method raises `Unreadable`, and nothing else."""

    __slots__ = ("_record", "words")

    def __init__(self, record: Mapping[str, Any], words: Words) -> None:
        self._record = record
        self.words = words

    def inner(self, noun: str) -> "Fields | None":
        """Return a nested record of its own; None if there is none."""
        value = self._record.get(self.words.paths(noun)[0][0])
        return Fields(value, self.words) if isinstance(value, dict) else None

    def inners(self, noun: str) -> "list[Fields]":
        """Return an array of nested records, an empty one if there is none."""
        name = self.words.paths(noun)[0][0]
        value = self._record.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise Unreadable(f"{name}: is no array")
        return [Fields(_an_object(line, name), self.words) for line in value]

    def has(self, noun: str) -> bool:
        """Say whether a field is there, with a value."""
        return self._find(noun) is not None

    def code(self, noun: str) -> str:
        """Return a code or an id that must be there."""
        found = self.code_or_none(noun)
        if found is None:
            raise Unreadable(f"{self._name(noun)}: there is none")
        return found

    def code_or_none(self, noun: str) -> str | None:
        """Return a code or an id, text or whole number alike; None if absent or empty."""
        value = self._find(noun)
        if value is None:
            return None
        name = self._name(noun)
        if isinstance(value, bool):
            raise Unreadable(f"{name}: {value} is no code")
        if isinstance(value, Number) and not _WHOLE.fullmatch(value):
            raise Unreadable(f"{name}: {value[:40]} is no code, because it is no whole number")
        if not value.strip():
            return None
        if len(value) > CODE_MAX:
            raise Unreadable(f"{name}: longer than {CODE_MAX} characters")
        if not _PLAIN.fullmatch(value):
            raise Unreadable(f"{name}: has characters that no code can have")
        return str(value)

    def text_or_none(self, noun: str, length_max: int = NOTE_MAX) -> str | None:
        """Return what somebody typed, control characters as spaces, cut at its limit."""
        value = self._find(noun)
        if value is None or isinstance(value, bool):
            return None
        if _SURROGATE.search(value):
            raise Unreadable(f"{self._name(noun)}: has half a character (a lone surrogate)")
        return value.translate(_CONTROL).strip()[:length_max] or None

    def account(self) -> Account:
        """Return whose stock it is."""
        code = self._scalar_code("account")
        if code is not None:
            return self.words.account(code)
        number = self.code_or_none("account_id")
        if number is None:
            raise Unreadable(f"{self._name('account')}: there is none")
        account = self.words.account(number)
        if account.code == number and not account.is_ours:
            raise Unreadable(
                f"account: only an id ({number}) is given, and clarus.account_ids does not name it"
            )
        return account

    def sku(self) -> str:
        """Return the SKU."""
        code = self._scalar_code("sku")
        if code is None:
            raise Unreadable(f"{self._name('sku')}: there is none")
        return self.words.sku(code)

    def site(self) -> str:
        """Return the site."""
        code = self._scalar_code("site")
        if code is None:
            raise Unreadable(f"{self._name('site')}: there is none")
        return self.words.site(code)

    def milli(self, noun: str = "quantity") -> int:
        """Return a quantity in thousandths, with the sign it has."""
        found = self.milli_or_none(noun)
        if found is None:
            raise Unreadable(f"{self._name(noun)}: there is none")
        return found

    def milli_or_none(self, noun: str) -> int | None:
        """Return a quantity in thousandths; None if absent."""
        value = self._find(noun)
        if value is None or value == "":
            return None
        name = self._name(noun)
        if isinstance(value, bool):
            raise Unreadable(f"{name}: {value} is not a number")
        if len(value) > NUMBER_MAX:
            raise Unreadable(f"{name}: longer than {NUMBER_MAX} characters")
        if not _NUMBER.fullmatch(value):
            raise Unreadable(f"{name}: {_shown(value)} is not a number")
        try:
            return milli_from_decimal(Decimal(value))
        except ValueError as error:
            raise Unreadable(f"{name}: {value} is {error}") from None

    def past_or_none(self, noun: str, received_at: datetime) -> datetime | None:
        """Return when something happened, in UTC; None if absent."""
        at = self.time_or_none(noun)
        if at is None:
            return None
        if at > received_at + LATE_MAX:
            raise Unreadable(f"{self._name(noun)}: {at} is more than a day after it was received")
        if at < OCCURRED_MIN:
            raise Unreadable(f"{self._name(noun)}: {at} is before the year {OCCURRED_MIN.year}")
        return at

    def time_or_none(self, noun: str) -> datetime | None:
        """Return any time, in UTC; None if absent."""
        value = self._find(noun)
        if value is None or value == "":
            return None
        name = self._name(noun)
        match = None if isinstance(value, bool) else _TIME.fullmatch(value)
        if match is None:
            raise Unreadable(f"{name}: {_shown(value)} is not a date and time")
        day, clock, zone = match.groups()
        # Documented: some lists of the vendor give a bare date; that is its first moment.
        if zone is None and clock is not None and self.words.settings.time_without_zone != "utc":
            raise Unreadable(f"{name}: {value} has no time zone")
        zone = "+00:00" if zone in (None, "Z", "UTC") else zone
        try:
            return datetime.fromisoformat(f"{day}T{clock or '00:00'}{zone}").astimezone(UTC)
        except (ValueError, OverflowError):
            raise Unreadable(f"{name}: {value} is no day or no time that exists") from None

    def _scalar_code(self, noun: str) -> str | None:
        # A bare number where an object may stand is taken for an id, a bare text for the code.
        value, path = self._find_at(noun)
        if len(path) == 1 and not path[0].endswith("_code") and isinstance(value, Number):
            return None
        return self.code_or_none(noun)

    def _find(self, noun: str) -> Any:
        return self._find_at(noun)[0]

    def _find_at(self, noun: str) -> tuple[Any, Path]:
        """Return the first plain value at a field's places; None if there is none."""
        for path in self.words.paths(noun):
            value: Any = self._record
            for name in path:
                value = value.get(name) if isinstance(value, dict) else None
            if isinstance(value, str | bool):
                return value, path
        return None, ()

    def _name(self, noun: str) -> str:
        paths = self.words.paths(noun)
        return ".".join(paths[0]) if paths else noun


def _unwrapped(record: Mapping[str, Any], envelope: str) -> Mapping[str, Any]:
    """Return the record with what stands under `data` and `data.attributes` over its own."""
    layers = list(_layers(record))
    match envelope:
        case "flat":
            return record
        case "data":
            return layers[1] if len(layers) > 1 else {}
        case "attributes":
            return layers[2] if len(layers) > 2 else {}
        case _:
            merged: dict[str, Any] = {}
            for layer in layers:
                merged.update((name, value) for name, value in layer.items() if value is not None)
            return merged if len(layers) > 1 else record


def _layers(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield record
    outer = record.get("data")
    if isinstance(outer, dict):
        yield outer
        inner = outer.get("attributes")
        if isinstance(inner, dict):
            yield inner


def _an_object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable(f"{name}: one of them is no object")
    return value


def _several(places: str | tuple[str, ...]) -> tuple[str, ...]:
    return (places,) if isinstance(places, str) else places


def _shown(value: object) -> str:
    return repr(str(value)[:40])
