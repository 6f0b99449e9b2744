"""A real Kafka for one machine: find Java, fetch the jars, start, stop."""

from streams.broker.errors import BrokerError
from streams.broker.jvm import Jvm
from streams.broker.kafka import LocalKafka, Status

__all__ = ["BrokerError", "Jvm", "LocalKafka", "Status"]
