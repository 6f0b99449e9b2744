"""How Faust's own clients log in to Kafka: apart, for what imports it starts a second later."""

import faust
from faust.auth import Credentials

from streams.kafka import password, ssl_context
from streams.settings import KafkaSettings


def faust_credentials(kafka: KafkaSettings) -> Credentials | None:
    """Return what `connection` says to aiokafka, as Faust wants it; none where nothing is said."""
    context = ssl_context(kafka) if kafka.security_protocol.endswith("SSL") else None
    if kafka.security_protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=kafka.sasl_username,
            password=password(kafka),
            ssl_context=context,
            mechanism=kafka.sasl_mechanism,
        )
    return faust.SSLCredentials(context) if context else None
