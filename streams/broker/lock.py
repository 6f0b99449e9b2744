"""Making `kafka.lock` anew: `python -m streams.broker.lock`, for developers."""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from streams.broker.fetch import maven
from streams.broker.jars import LOCK_FILE, Jar, render_lock, sha256_of

ROOTS = (
    "org.apache.kafka:kafka_2.13:4.4.0",
    # Kafka brings log4j but no binding of slf4j 1.7 to it: without this one it logs nothing.
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5",
)
_AT_RUN_TIME = (None, "compile", "runtime")


def resolve_jars(folder: Path) -> list[Jar]:
    """Return every jar the roots need, downloaded into `folder` and summed.

    Each root is resolved alone: jgo 3.2 takes every root of one call as a rule for the versions
    of the others, and gave Kafka 4.4.0 the client jar of 3.9.1. Of two versions the first stays.
    """
    context = maven(folder)
    found: dict[tuple[str, str], Any] = {}
    for root in ROOTS:
        for dependency in _needed(context, root):
            found.setdefault((dependency.groupId, dependency.artifactId), dependency)
    return [_jar(dependency) for dependency in found.values()]


def _needed(context: Any, root: str) -> Iterator[Any]:
    roots, others = context.resolver.resolve([context.create_dependency(root)])
    return (dependency for dependency in roots + others if dependency.scope in _AT_RUN_TIME)


def _jar(dependency: Any) -> Jar:
    file: Path = dependency.artifact.resolve()
    coordinate = f"{dependency.groupId}:{dependency.artifactId}:{dependency.version}"
    return Jar(coordinate, sha256_of(file), file.stat().st_size)


def main() -> None:
    """Write the lock beside this module."""
    with TemporaryDirectory() as folder:
        jars = resolve_jars(Path(folder))
    LOCK_FILE.write_text(render_lock(jars))
    sys.stdout.write(f"{len(jars)} jars in {LOCK_FILE.name}\n")


if __name__ == "__main__":
    main()
