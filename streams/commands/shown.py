"""Bytes from outside, shown so that they cannot act on a terminal."""

import unicodedata
from datetime import datetime

DUMP_WIDTH_BYTES = 16
# Control, format (they can turn text round) and surrogate characters.
_HIDDEN = frozenset({"Cc", "Cf", "Cs"})
_KEPT = frozenset("\n\t")
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400


def safe_text(text: str, *, lines: bool = False) -> str:
    """Return text with every character that a terminal acts on spelled out."""
    return "".join(_safe(character, lines=lines) for character in text)


def safe_bytes(value: bytes) -> str:
    """Return bytes as text where they are UTF-8, else as a dump in hexadecimal."""
    try:
        return safe_text(value.decode(), lines=True)
    except UnicodeDecodeError:
        return hex_dump(value)


def hex_dump(value: bytes) -> str:
    """Return bytes by lines: offset, hexadecimal, and what is plain ASCII."""
    lines: list[str] = []
    for start in range(0, len(value), DUMP_WIDTH_BYTES):
        part = value[start : start + DUMP_WIDTH_BYTES]
        plain = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{start:08x}  {part.hex(' '):<{DUMP_WIDTH_BYTES * 3}} {plain}")
    return "\n".join(lines)


def age(at: datetime, now: datetime) -> str:
    """Return how long ago something was, in its largest unit."""
    seconds = max(0, int((now - at).total_seconds()))
    for unit, length_s in (("d", _DAY_S), ("h", _HOUR_S), ("min", _MINUTE_S)):
        if seconds >= length_s:
            return f"{seconds // length_s} {unit}"
    return f"{seconds} s"


def pounds(pence: int) -> str:
    """Return an amount as an accountant writes it."""
    whole, rest = divmod(abs(pence), 100)
    return f"{'-' if pence < 0 else ''}£{whole:,}.{rest:02}"


def _safe(character: str, *, lines: bool) -> str:
    if unicodedata.category(character) not in _HIDDEN or (lines and character in _KEPT):
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
