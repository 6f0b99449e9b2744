"""What a broker runs on: a Java and the jars, from the machine and the user's cache."""

from collections.abc import Callable
from pathlib import Path

from streams.broker.errors import BrokerError
from streams.broker.fetch import fetch_jars
from streams.broker.jars import read_lock
from streams.broker.java import Java, ask_major, find_java
from streams.broker.jvm import KafkaClasses
from streams.settings import Settings


def install(
    cache: Path | None, executable: Path | None, say: Callable[[str], None]
) -> KafkaClasses:
    """Return the classes of Kafka, ready to run; the first time on a machine this downloads.

    None is for `cache` the folder of STOCK_CACHE, for `executable` the first Java that fits.
    """
    java = find_java() if executable is None else _given(executable)
    folder = (cache or Settings().cache).expanduser().resolve() / "kafka"
    return KafkaClasses(java, fetch_jars(read_lock(), folder, say=say))


def _given(executable: Path) -> Java:
    major = ask_major(executable)
    if major is None:
        raise BrokerError(f"{executable} is no Java that runs")
    return Java(executable, major)
