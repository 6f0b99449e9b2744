"""A delivery's body as records: numbers exact, nesting bounded, each record with its own bytes.

The standard library's reader keeps every number as the text it was written in. orjson is three
times as fast (1 us a body against 3 to 5) but makes floats of decimals; a movement costs ten times
the difference elsewhere, so there is one way to read, and it is the exact one.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder
from typing import Any

from ledger.immutable import immutable

BODY_BYTES_MAX = (
    524_288  # a larger body is refused whole: what is made of it must fit Kafka's 1 MiB
)
RECORDS_MAX = 2_000  # of one delivery; one with more is refused whole
LEVELS_MAX = 19  # no body of Clarus is known to have more than 5; a deeper record is refused
_SPACE = re.compile(r"[ \t\n\r]*")


class Unreadable(Exception):
    """What cannot be read as a movement; the message is one sentence for a person."""


class Number(str):
    """A JSON number, as the text it was written in: exact, and cheap however long it is."""

    __slots__ = ()


@immutable
class Record:
    """One record of a delivery."""

    fields: dict[str, Any]
    bytes: bytes  # as they came


@immutable
class NoRecord:
    """A place in a delivery where a record was expected, and why there is none."""

    reason: str
    bytes: bytes


def read_records(body: bytes) -> list[Record | NoRecord]:
    """Return the records of an object or an array; never raises, never returns nothing.

    A body that does not read at all is one `NoRecord`.
    """
    if len(body) > BODY_BYTES_MAX:
        return [NoRecord(f"the body is larger than {BODY_BYTES_MAX} bytes", body)]
    try:
        return list(_records(body.removeprefix(BOM_UTF8).decode(), body))
    except Unreadable as refusal:
        return [NoRecord(str(refusal), body)]
    except UnicodeDecodeError:
        return [NoRecord("the body is not UTF-8 text", body)]
    except JSONDecodeError as error:
        return [NoRecord(f"the body is not JSON: {error.msg} at {error.pos}", body)]
    except RecursionError:
        return [NoRecord("the body is nested too deeply to be read", body)]


def _records(text: str, body: bytes) -> Iterator[Record | NoRecord]:
    start = _after_space(text, 0)
    if not text.startswith("[", start):
        yield _record(_DECODER.decode(text), text, body)
        return
    if text.startswith("]", _after_space(text, start + 1)):
        raise Unreadable("an array without a record")
    for count, (value, own) in enumerate(_elements(text, start + 1), start=1):
        if count > RECORDS_MAX:
            raise Unreadable(f"an array of more than {RECORDS_MAX} records")
        yield _record(value, own, own.encode())


def _elements(text: str, start: int) -> Iterator[tuple[Any, str]]:
    """Yield each element of an array with its own text; `start` is after the bracket."""
    while True:
        begin = _after_space(text, start)
        value, end = _DECODER.raw_decode(text, begin)
        yield value, text[begin:end]
        start = _after_space(text, end)
        if text.startswith("]", start):
            break
        if not text.startswith(",", start):
            raise JSONDecodeError("Expecting ',' delimiter", text, start)
        start += 1
    if _after_space(text, start + 1) != len(text):
        raise JSONDecodeError("Extra data", text, start + 1)


def _record(value: Any, text: str, own: bytes) -> Record | NoRecord:
    if not isinstance(value, dict):
        return NoRecord("neither a JSON object nor an array of them", own)
    # Brackets inside texts are counted too: that costs a closer look, never a wrong answer.
    if text.count("{") + text.count("[") > LEVELS_MAX and _levels(value) > LEVELS_MAX:
        return NoRecord(f"nested {LEVELS_MAX + 1} levels deep or deeper", own)
    return Record(value, own)


def _levels(value: Any) -> int:
    """Return how deep objects and arrays stand in each other."""
    if isinstance(value, dict):
        return 1 + max(map(_levels, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_levels, value), default=0)
    return 0


def _after_space(text: str, start: int) -> int:
    space = _SPACE.match(text, start)
    return start if space is None else space.end()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Two readers of one body may take different ones of two equal names: nobody's to guess.
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Unreadable("an object of the body has the same name twice")
    return fields


def _no_constant(name: str) -> Any:
    raise Unreadable(f"the body has {name} where JSON knows numbers only")


_DECODER = JSONDecoder(
    object_pairs_hook=_object,
    parse_float=Number,
    parse_int=Number,
    parse_constant=_no_constant,
)
