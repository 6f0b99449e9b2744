"""The tolerant reader of one record: fields by their nouns, exact values out, one error."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from streams.clarus.records import Number, Unreadable
from streams.clarus.values import Plain, check_past, code_from, milli_from, text_from, time_from
from streams.clarus.words import Account, Path, Words

NOTE_MAX = 500  # the vendor documents 150; the rest of a longer note is cut off
# Of one document; one with more is refused: it would outgrow a record of Kafka. A shop's largest
# order of a year has 1,114.
LINES_MAX = 2_000
_PLAIN = (str, bool)  # the types of `Plain`, which isinstance would put together on every call


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
        value = _within(self._record, self.words.paths(noun)[0])
        return Fields(value, self.words) if isinstance(value, dict) else None

    def inners(self, noun: str) -> "list[Fields]":
        """Return an array of nested records, an empty one if there is none."""
        name, value = self.name(noun), _within(self._record, self.words.paths(noun)[0])
        if value is None:
            return []
        if not isinstance(value, list):
            raise Unreadable(f"{name}: is no array")
        if len(value) > LINES_MAX:
            raise Unreadable(f"{name}: more than {LINES_MAX} of them")
        return [Fields(_an_object(line, name), self.words) for line in value]

    def inners_found(self, noun: str) -> "list[Fields]":
        """Return the nested records that an array has beside whatever else; never refuses."""
        found = _within(self._record, self.words.paths(noun)[0])
        lines = found if isinstance(found, list) else []
        return [Fields(line, self.words) for line in lines if isinstance(line, dict)]

    def name(self, noun: str) -> str:
        """Return what a field is called, for a person."""
        return self.words.name(noun)

    def has(self, noun: str) -> bool:
        """Say whether a field is there, with a value."""
        return self._find_at(noun)[0] is not None

    def code(self, noun: str) -> str:
        """Return a code or an id that must be there."""
        found = self.code_or_none(noun)
        if found is None:
            raise Unreadable(f"{self.name(noun)}: there is none")
        return found

    def code_or_none(self, noun: str) -> str | None:
        """Return a code or an id, text or whole number alike; None if absent or empty."""
        value, _ = self._find_at(noun)
        return None if value is None else code_from(self.name(noun), value)

    def text_or_none(self, noun: str, length_max: int = NOTE_MAX) -> str | None:
        """Return what somebody typed, cut at its limit; None if absent or empty."""
        value, _ = self._find_at(noun)
        return None if value is None else text_from(self.name(noun), value, length_max)

    def names_an_account(self) -> bool:
        """Say whether the record names an owner of the stock."""
        return self.has("account") or self.has("account_id")

    def account(self) -> Account:
        """Return whose stock it is."""
        said, path = self._find_at("account")
        is_alone = self.words.is_place_of_object("account", path)
        if said is not None and not (is_alone and isinstance(said, Number)):
            code = code_from(self.name("account"), said)
            if code is not None:
                return self.words.account(code, may_be_id=is_alone)
        number = self.code_or_none("account_id")
        if number is None:
            raise Unreadable(f"{self.name('account')}: there is none")
        account = self.words.account_of_id(number)
        if account is None:
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
        value, _ = self._find_at(noun)
        return None if value is None else milli_from(self.name(noun), value)

    def past_or_none(self, noun: str, received_at: datetime) -> datetime | None:
        """Return when something happened, in UTC; None if absent."""
        at = self.time_or_none(noun)
        if at is not None:
            check_past(self.name(noun), at, received_at)
        return at

    def time_or_none(self, noun: str) -> datetime | None:
        """Return any time, in UTC; None if absent."""
        value, _ = self._find_at(noun)
        if value is None:
            return None
        without_zone = self.words.settings.time_without_zone
        return time_from(self.name(noun), value, without_zone=without_zone)

    def _scalar_code(self, noun: str) -> str | None:
        # Where an object with a code may stand, a bare text is the code and a bare number an id.
        value, path = self._find_at(noun)
        if value is None:
            return None
        if isinstance(value, Number) and self.words.is_place_of_object(noun, path):
            return None
        return code_from(self.name(noun), value)

    def _find_at(self, noun: str) -> tuple[Plain | None, Path]:
        """Return the first plain value at a field's places, empty texts passed over."""
        for path in self.words.paths(noun):
            value = self._record.get(path[0])
            if len(path) > 1 and value is not None:
                value = _within(value, path[1:])
            if isinstance(value, _PLAIN) and value != "":
                return value, path
        return None, ()


def _within(value: Any, path: Path) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _an_object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable(f"{name}: one of them is no object")
    return value
