"""What the broker is told."""

from pathlib import Path

from streams.broker.configuration import render_properties, write_configuration


def effective(text: str) -> dict[str, str]:
    """Read properties as Java does: the last of one name holds."""
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def test_broker_listens_on_loopback_alone() -> None:
    """Clients and controller: neither is reached from another machine."""
    properties = effective(render_properties(29092, {}))

    assert properties["listeners"] == "PLAINTEXT://127.0.0.1:29092,CONTROLLER://127.0.0.1:29093"
    assert properties["advertised.listeners"] == "PLAINTEXT://127.0.0.1:29092"


def test_given_properties_overrule_ours() -> None:
    """A test may want another broker than we ship."""
    properties = effective(render_properties(29092, {"log.retention.ms": "1000"}))

    assert properties["log.retention.ms"] == "1000"


def test_no_given_property_opens_the_broker_to_the_network() -> None:
    """Where it listens is not for sale."""
    properties = effective(render_properties(29092, {"listeners": "PLAINTEXT://0.0.0.0:9092"}))

    assert "0.0.0.0" not in properties["listeners"]  # noqa: S104 (what must not be)


def test_source_of_the_ledger_never_expires() -> None:
    """Kafka's default would delete movements after seven days."""
    assert effective(render_properties(29092, {}))["log.retention.ms"] == "-1"


def test_misspelt_topics_are_not_made() -> None:
    """A topic made by accident has the wrong number of partitions."""
    assert effective(render_properties(29092, {}))["auto.create.topics.enable"] == "false"


def test_folder_has_no_say_in_its_files(tmp_path: Path) -> None:
    """Paths are relative: Java's files of properties know neither commas nor Latin-2 in one."""
    write_configuration(tmp_path, 29092, {})

    assert str(tmp_path) not in (tmp_path / "server.properties").read_text()
    assert str(tmp_path) not in (tmp_path / "log4j2.yaml").read_text()
