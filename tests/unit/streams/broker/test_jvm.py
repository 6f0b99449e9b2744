"""The command that Java is started with."""

from pathlib import Path

import pytest

from streams.broker.java import Java
from streams.broker.jvm import Jvm, KafkaClasses

JARS = (Path("/jars/kafka.jar"), Path("/jars/log4j.jar"))


def command_of(major: int, jvm: Jvm) -> list[str]:
    classes = KafkaClasses(Java(Path("/bin/java"), major), JARS)
    return classes.broker(jvm, "server.properties")


def test_broker_is_run_from_its_jars_with_its_properties() -> None:
    """The end of the command is what a person looks for in a list of processes."""
    command = command_of(17, Jvm())

    assert command[0] == "/bin/java"
    assert command[-4:] == [
        *("-cp", "/jars/kafka.jar:/jars/log4j.jar"),
        *("kafka.Kafka", "server.properties"),
    ]


def test_heap_is_bounded() -> None:
    """A local Kafka is a guest on somebody's machine."""
    assert "-Xmx512m" in command_of(17, Jvm())
    assert "-Xmx2g" in command_of(17, Jvm(heap_max="2g"))


def test_quick_start_stays_on_the_first_compiler() -> None:
    """A bench must not run so; a demo may."""
    assert "-XX:TieredStopAtLevel=1" not in command_of(17, Jvm())
    assert "-XX:TieredStopAtLevel=1" in command_of(17, Jvm(quick_start=True))


@pytest.mark.parametrize(("major", "knows"), [(17, False), (21, False), (25, True)])
def test_flag_is_given_only_to_a_java_that_knows_it(major: int, knows: bool) -> None:
    """Java 17 would refuse to start, Java 25 would warn on every start."""
    assert knows == ("--sun-misc-unsafe-memory-access=allow" in command_of(major, Jvm()))
