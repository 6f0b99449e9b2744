"""The tolerant reader of one record: fields by their nouns, exact values out, one error."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ledger.quantity import milli_from_decimal
from streams.clarus.records import Number, Unreadable
from streams.clarus.words import Account, Path, Words

CODE_MAX = 60  # the vendor documents 50 for products; a longer code is refused
NOTE_MAX = 500  # the vendor documents 150; the rest of a longer note is cut off
NUMBER_MAX = 60  # characters of a number; a longer one is refused before it costs arithmetic
LINES_MAX = 1_000  # of one document; one with more is refused: it would outgrow a record of Kafka
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


class Fields:
    """The fields of one record. Every method raises `Unreadable`, and nothing else."""

    __slots__ = ("_record", "words")

    def __init__(self, record: Mapping[str, Any], words: Words) -> None:
        self._record = record
        self.words = words

    @classmethod
    def of(cls, record: Mapping[str, Any], words: Words) -> "Fields":
        """Return the fields of a whole record, its envelope taken off."""
        return cls(words.unwrapped(record), words)

    def inner(self, noun: str) -> "Fields | None":
        """Return a nested record of its own; None if there is none."""
        value = self._at(self.words.paths(noun)[0])
        return Fields(value, self.words) if isinstance(value, dict) else None

    def inners(self, noun: str) -> "list[Fields]":
        """Return an array of nested records, an empty one if there is none."""
        name, value = self.name(noun), self._at(self.words.paths(noun)[0])
        if value is None:
            return []
        if not isinstance(value, list):
            raise Unreadable(f"{name}: is no array")
        if len(value) > LINES_MAX:
            raise Unreadable(f"{name}: more than {LINES_MAX} of them")
        return [Fields(_an_object(line, name), self.words) for line in value]

    def name(self, noun: str) -> str:
        """Return what a field is called, for a person."""
        paths = self.words.paths(noun)
        return ".".join(paths[0]) if paths else noun

    def has(self, noun: str) -> bool:
        """Say whether a field is there, with a value."""
        return self._find(noun) is not None

    def code(self, noun: str) -> str:
        """Return a code or an id that must be there."""
        found = self.code_or_none(noun)
        if found is None:
            raise Unreadable(f"{self.name(noun)}: there is none")
        return found

    def code_or_none(self, noun: str) -> str | None:
        """Return a code or an id, text or whole number alike; None if absent or empty."""
        value = self._find(noun)
        if value is None:
            return None
        name = self.name(noun)
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
            raise Unreadable(f"{self.name(noun)}: has half a character (a lone surrogate)")
        return value.translate(_CONTROL).strip()[:length_max] or None

    def names_an_account(self) -> bool:
        """Say whether the record names an owner of the stock."""
        return self.has("account") or self.has("account_id")

    def account(self) -> Account:
        """Return whose stock it is."""
        code = self._scalar_code("account")
        if code is not None:
            return self.words.account(code)
        number = self.code_or_none("account_id")
        if number is None:
            raise Unreadable(f"{self.name('account')}: there is none")
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
            raise Unreadable(f"{self.name('sku')}: there is none")
        return self.words.sku(code)

    def site(self) -> str:
        """Return the site."""
        code = self._scalar_code("site")
        if code is None:
            raise Unreadable(f"{self.name('site')}: there is none")
        return self.words.site(code)

    def milli(self, noun: str = "quantity") -> int:
        """Return a quantity in thousandths, with the sign it has."""
        found = self.milli_or_none(noun)
        if found is None:
            raise Unreadable(f"{self.name(noun)}: there is none")
        return found

    def milli_or_none(self, noun: str) -> int | None:
        """Return a quantity in thousandths; None if absent."""
        value = self._find(noun)
        if value is None or value == "":
            return None
        name = self.name(noun)
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
        if at < OCCURRED_MIN:
            raise Unreadable(f"{self.name(noun)}: {at} is before the year {OCCURRED_MIN.year}")
        if at - LATE_MAX > received_at:
            raise Unreadable(f"{self.name(noun)}: {at} is more than a day after it was received")
        return at

    def time_or_none(self, noun: str) -> datetime | None:
        """Return any time, in UTC; None if absent."""
        value = self._find(noun)
        if value is None or value == "":
            return None
        name = self.name(noun)
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
        # Where an object with a code may stand, a bare text is the code and a bare number an id.
        value, path = self._find_at(noun)
        if isinstance(value, Number) and self.words.is_place_of_object(noun, path):
            return None
        return self.code_or_none(noun)

    def _find(self, noun: str) -> Any:
        return self._find_at(noun)[0]

    def _find_at(self, noun: str) -> tuple[Any, Path]:
        """Return the first plain value at a field's places; None if there is none."""
        for path in self.words.paths(noun):
            value = self._at(path)
            if isinstance(value, str | bool):
                return value, path
        return None, ()

    def _at(self, path: Path) -> Any:
        value: Any = self._record
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value


def _an_object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable(f"{name}: one of them is no object")
    return value


def _shown(value: object) -> str:
    return repr(str(value)[:40])
