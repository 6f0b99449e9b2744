"""What is said of a Kafka that nobody can connect to: its address, and what to do about it."""

from pathlib import Path

import pytest
from aiokafka.errors import KafkaConnectionError

from streams.doctor.cluster import examine_kafka
from streams.doctor.diagnosis import State
from streams.engine.errors import RefusesToRun
from streams.kafka import away, connection
from streams.settings import Settings

NO_CERTIFICATE = (
    b"",
    b"junk\n",
    b"\xff\x00\xfe",
    b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
)


def over_ssl(folder: Path, name: str, content: bytes) -> Settings:
    """Return settings that name a file of that content."""
    file = folder / "given.pem"
    file.write_bytes(content)
    client = {"security_protocol": "SSL", name: file}
    return Settings.model_validate({"kafka": "127.0.0.1:1", "kafka_client": client})


@pytest.mark.parametrize("content", NO_CERTIFICATE)
@pytest.mark.parametrize("name", ["ca_file", "certificate_file"])
def test_no_certificate_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    """Starting again does not mend a file: what is said names it, and what it must hold."""
    settings = over_ssl(tmp_path, name, content)

    with pytest.raises(RefusesToRun, match=rf"given\.pem, .* kafka\.{name} .*: name a PEM file"):
        connection(settings)


async def test_doctor_names_a_file_that_does_not_read(tmp_path: Path) -> None:
    """As a finding with what to do, like every other; Kafka itself is not asked any more."""
    settings = over_ssl(tmp_path, "ca_file", b"junk\n")
    found = [diagnosis async for diagnosis in examine_kafka(settings)]

    assert [(each.about, each.state) for each in found] == [("Kafka", State.FAIL)]
    assert "given.pem" in found[0].says
    assert found[0].fix.startswith("name a PEM file")


@pytest.mark.parametrize(
    ("given", "says", "fix"),
    [
        (None, "127.0.0.1:29092", "stock kafka start"),
        ("nohost.invalid:9092", "nohost.invalid:9092", "kafka.security_protocol"),
    ],
)
def test_whose_kafka_is_away_decides_what_to_do(given: str | None, says: str, fix: str) -> None:
    """Who has named one is not told to start another; of aiokafka's words those that tell more."""
    settings = Settings(kafka=given)
    told, advice = away(settings, KafkaConnectionError(f"Unable to bootstrap from [{given}]"))

    assert told == f"{says} does not answer"
    assert fix in advice
    assert away(settings, KafkaConnectionError("no node 1"))[0].endswith(
        "(KafkaConnectionError: no node 1)"
    )
