"""What a Java process said before it ended, in one line."""

import re
from pathlib import Path

READ_MAX_BYTES = 64 * 1024  # from the end of a file; what ended the process stands there

SAID_MAX = 300  # characters of a console that names no failure

# `org.apache.kafka.common.config.ConfigException: Invalid value ...`
_FAILURE = re.compile(
    r"""^(?:Caused\ by:\ |Exception\ in\ thread\ "\w+"\ )?
        (?:[a-z][\w$]*\.)+ (\w*(?:Exception|Error):\ .+)$""",
    re.MULTILINE | re.VERBOSE,
)


def last_words(console: str, log: str = "") -> str:
    """Return the last failure the log or the console names, else what stands on the console."""
    for text in (log, console):
        if failures := _FAILURE.findall(text):
            return failures[-1]
    lines = [line.strip() for line in console.splitlines() if line.strip()]
    return "; ".join(lines)[:SAID_MAX] or "it said nothing"


def end_of(file: Path, from_byte: int = 0) -> str:
    """Return the end of a file, from a byte on where it has grown past that; "" for none."""
    if not file.exists():
        return ""
    with file.open("rb") as opened:
        size = opened.seek(0, 2)
        begin = from_byte if from_byte <= size else 0  # it was rolled in between
        opened.seek(max(begin, size - READ_MAX_BYTES))
        return opened.read().decode(errors="replace")
