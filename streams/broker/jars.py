"""The jars of Kafka, as `kafka.lock` names them: what each must be, byte for byte."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LOCK_FILE = Path(__file__).with_name("kafka.lock")


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the lock."""

    coordinate: str  # group:artifact:version
    sha256: str
    size_bytes: int

    @property
    def file_name(self) -> str:
        """Return the name it is kept under."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"

    def is_whole(self, file: Path) -> bool:
        """Say whether the file is this jar, neither cut short nor altered."""
        if not file.is_file() or file.stat().st_size != self.size_bytes:
            return False
        return sha256_of(file) == self.sha256


def sha256_of(file: Path) -> str:
    """Return the sum of the file's bytes, in hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def read_lock(lock_file: Path = LOCK_FILE) -> tuple[Jar, ...]:
    """Return the jars of the lock, in its order: the order of the class path."""
    return tuple(_parse(line) for line in lock_file.read_text().splitlines())


def render_lock(jars: Iterable[Jar]) -> str:
    """Return the text of the lock: a line a jar, sorted."""
    return "".join(f"{j.coordinate} {j.sha256} {j.size_bytes}\n" for j in _sorted(jars))


def _sorted(jars: Iterable[Jar]) -> list[Jar]:
    return sorted(jars, key=lambda jar: jar.coordinate)


def _parse(line: str) -> Jar:
    coordinate, sha256, size_bytes = line.split()
    return Jar(coordinate, sha256, int(size_bytes))
