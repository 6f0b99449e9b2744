"""What Kafka says against making a topic; aiokafka 0.14 does not raise it, it is in the answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiokafka import errors

# Asking again helps against none of these; any other may be of a broker that has just started (it
# knows of no brokers yet, and refuses every replication) or of a controller that moves.
LASTING = frozenset(
    error.errno
    for error in (
        errors.ClusterAuthorizationFailedError,
        errors.InvalidConfigurationError,
        errors.InvalidPartitionsError,
        errors.PolicyViolationError,
        errors.TopicAuthorizationFailedError,
    )
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Kafka's no to one topic, in its own words where it says any."""

    topic: str
    code: int
    words: str

    @property
    def is_lasting(self) -> bool:
        """Say whether a person must act before Kafka makes it."""
        return self.code in LASTING


def refusals_in(answer: Any) -> list[Refusal]:
    """Return the refusals in Kafka's answer, whatever its version: the oldest has no words."""
    return [
        Refusal(topic, code, _words(code, *message))
        for topic, code, *message in answer.topic_errors
        if code != errors.NoError.errno
    ]


def told(refusals: Iterable[Refusal]) -> str:
    """Return topics and why in one line, those that share a reason together."""
    topics: dict[str, list[str]] = {}
    for refusal in refusals:
        topics.setdefault(refusal.words, []).append(refusal.topic)
    return "; ".join(f"{', '.join(names)}: {words}" for words, names in topics.items())


def _words(code: int, message: str | None = None) -> str:
    known = errors.for_code(code)
    return f"{message or known.description} ({known.message}, {code})"
