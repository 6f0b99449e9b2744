"""One value of a body to one of ours: exact, bounded, or refused with the field's name."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from ledger.quantity import milli_from_decimal
from streams.clarus.records import Number, Unreadable

CODE_MAX = 60  # the vendor documents 50 for products; a longer code is refused
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

Plain = str | bool  # what a field may hold; a number is a text of its own kind


def code_from(name: str, value: Plain) -> str | None:
    """Return a code or an id, text or whole number alike; None if it is empty."""
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


def text_from(name: str, value: Plain, length_max: int) -> str | None:
    """Return what somebody typed, control characters as spaces, cut at its limit."""
    if isinstance(value, bool):
        return None
    if _SURROGATE.search(value):
        raise Unreadable(f"{name}: has half a character (a lone surrogate)")
    return value.translate(_CONTROL).strip()[:length_max] or None


def milli_from(name: str, value: Plain) -> int | None:
    """Return a quantity in thousandths, with the sign it has; None if it is empty."""
    if value == "":
        return None
    if isinstance(value, bool):
        raise Unreadable(f"{name}: {value} is not a number")
    if len(value) > NUMBER_MAX:
        raise Unreadable(f"{name}: longer than {NUMBER_MAX} characters")
    if not _NUMBER.fullmatch(value):
        raise Unreadable(f"{name}: {_shown(value)} is not a number")
    try:
        return _milli_of(value)
    except ValueError as error:
        raise Unreadable(f"{name}: {value} is {error}") from None


@lru_cache(maxsize=4_096)  # the same few quantities come again and again
def _milli_of(number: str) -> int:
    return milli_from_decimal(Decimal(number))


def time_from(name: str, value: Plain, *, without_zone: str) -> datetime | None:
    """Return a time in UTC; None if it is empty. `without_zone` is the setting of that name."""
    if value == "":
        return None
    match = None if isinstance(value, bool) else _TIME.fullmatch(value)
    if match is None:
        raise Unreadable(f"{name}: {_shown(value)} is not a date and time")
    day, clock, zone = match.groups()
    # Documented: some lists of the vendor give a bare date; that is its first moment.
    if zone is None and clock is not None and without_zone != "utc":
        raise Unreadable(f"{name}: {value} has no time zone")
    zone = "+00:00" if zone in (None, "Z", "UTC") else zone
    try:
        return datetime.fromisoformat(f"{day}T{clock or '00:00'}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable(f"{name}: {value} is no day or no time that exists") from None


def check_past(name: str, at: datetime, received_at: datetime) -> None:
    """Refuse a time at which nothing that is told of can have happened."""
    if at < OCCURRED_MIN:
        raise Unreadable(f"{name}: {at} is before the year {OCCURRED_MIN.year}")
    if at - LATE_MAX > received_at:
        raise Unreadable(f"{name}: {at} is more than a day after it was received")


def _shown(value: Plain) -> str:
    return repr(str(value)[:40])
