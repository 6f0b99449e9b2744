"""What the local Kafka says when it cannot do as asked."""


class BrokerError(Exception):
    """The local Kafka cannot run; the message is one line: what is wrong and what to do."""
