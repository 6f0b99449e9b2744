"""The command that runs a class of Kafka."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from streams.broker.java import Java

# From here on Java warns of what Kafka 4.4's libraries do unless told that it is meant
# (JEP 472, JEP 498); Java 17 does not know the flags.
_WARNS_FROM = 24
_MEANT = ("--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED")
_FIRST_TIER_ONLY = "-XX:TieredStopAtLevel=1"


@dataclass(frozen=True, slots=True)
class Jvm:
    """What the broker's Java may take."""

    heap_max: str = "512m"  # in Java's own notation
    quick_start: bool = False  # ready a quarter sooner and smaller, slower under lasting load
    executable: Path | None = None  # None: the machine's Java, else the packaged one


@dataclass(frozen=True, slots=True)
class KafkaClasses:
    """A Java and the jars that together are Kafka."""

    java: Java
    jars: Sequence[Path]

    def tool(self, main_class: str, *arguments: str) -> list[str]:
        """Return the command of a short-lived tool."""
        return self._command((_FIRST_TIER_ONLY,), main_class, arguments)

    def broker(self, jvm: Jvm, properties: str) -> list[str]:
        """Return the command of the broker."""
        return self._command(_broker_flags(jvm), "kafka.Kafka", (properties,))

    def _command(
        self, flags: Sequence[str], main_class: str, arguments: Sequence[str]
    ) -> list[str]:
        meant = _MEANT if self.java.major >= _WARNS_FROM else ()
        class_path = os.pathsep.join(str(jar) for jar in self.jars)
        return [
            str(self.java.executable),
            *meant,
            *flags,
            "-Dlog4j2.configurationFile=log4j2.yaml",
            "-cp",
            class_path,
            main_class,
            *arguments,
        ]


def java_environment() -> dict[str, str]:
    """Return this process's environment, in a locale in which Java reads any path."""
    return {**os.environ, "LC_ALL": "C.UTF-8"}


def _broker_flags(jvm: Jvm) -> tuple[str, ...]:
    tiers = (_FIRST_TIER_ONLY,) if jvm.quick_start else ()
    return (
        "-Xms64m",
        f"-Xmx{jvm.heap_max}",
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        *tiers,
        "-Djava.net.preferIPv4Stack=true",
        "-Dlog4j2.disable.jmx=true",
    )
