"""How this program reaches Kafka: one place that turns settings into client arguments."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from streams.engine.errors import RefusesToRun
from streams.settings import KafkaSettings, Settings

CLIENT_ID = "stock-ledger"


def bootstrap(settings: Settings) -> str:
    """Return the bootstrap servers: the given ones, else this machine's own Kafka."""
    return settings.kafka or f"127.0.0.1:{settings.kafka_port}"


def away(settings: Settings, error: BaseException) -> tuple[str, str]:
    """Return that Kafka does not answer, as one says it, and what to do about it."""
    # aiokafka's word for a name or a port that nobody answers at tells no more than the address.
    why = "" if not str(error) or "Unable to bootstrap" in str(error) else f" ({error})"
    advice = "start it with `stock kafka start`, or name yours with STOCK_KAFKA=host:port"
    if settings.kafka is not None:
        advice = "see that it runs, that name and port are right, and kafka.security_protocol"
    return f"{bootstrap(settings)} does not answer{why}", advice


def connection(settings: Settings) -> dict[str, Any]:
    """Return the arguments every aiokafka client of this process is built with.

    Raises `RefusesToRun` where a certificate does not read.
    """
    kafka = settings.kafka_client
    arguments: dict[str, Any] = {
        "bootstrap_servers": bootstrap(settings),
        "client_id": CLIENT_ID,
        "security_protocol": kafka.security_protocol,
    }
    if kafka.security_protocol.endswith("SSL"):
        arguments["ssl_context"] = ssl_context(kafka)
    if kafka.security_protocol.startswith("SASL"):
        arguments |= {
            "sasl_mechanism": kafka.sasl_mechanism,
            "sasl_plain_username": kafka.sasl_username,
            "sasl_plain_password": password(kafka),
        }
    return arguments


def ssl_context(kafka: KafkaSettings) -> ssl.SSLContext:
    """Return a context that checks the broker's certificate and shows ours, if there is one.

    Raises `RefusesToRun` where one does not read.
    """
    with _or_refused("ca_file", kafka.ca_file, "of the authorities' certificates"):
        context = ssl.create_default_context(cafile=kafka.ca_file and str(kafka.ca_file))
    if kafka.certificate_file is not None:
        whole = "of our certificate, and in key_file the key to it"
        with _or_refused("certificate_file", kafka.certificate_file, whole):
            context.load_cert_chain(kafka.certificate_file, kafka.key_file)
    return context


def password(kafka: KafkaSettings) -> str | None:
    """Return the password of the login, if there is one."""
    return kafka.sasl_password.get_secret_value() if kafka.sasl_password else None


@contextmanager
def _or_refused(name: str, file: Path | None, content: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:  # of the file, or of OpenSSL about what is in it
        why = str(error.strerror).rpartition("] ")[2]  # before it OpenSSL's own code
        raise RefusesToRun(
            f"{file}, which the setting kafka.{name} names, does not read ({why}): "
            f"name a PEM file {content}"
        ) from None
