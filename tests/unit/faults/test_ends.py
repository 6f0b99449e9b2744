"""What ended a process, and whether that was weather: the lines are of kept logs, cut short."""

import json
import signal

import pytest

from streams.engine.end import EXIT_REFUSES, EXIT_RESTART
from tests.faults.ends import is_excused, kind_of

CAUSED = "\n\nThe above exception was the direct cause of the following exception:\n\n"
DELIVERY = "aiokafka.errors.KafkaError: KafkaError: Unexpected error during batch delivery"
BEGUN = '{"event": "worker.started", "level": "info"}\n'
FROM_FAUST = (
    '{"event": "[^Worker]: Error: KafkaConnectionError(\\"Unable to bootstrap\\")", '
    '"level": "error"}\n'
)
STOOD_STILL = "Timeout (0:02:00)!\nThread 0x00007f (most recent call first):\n  File a, line 1\n"


def ended(kind: str, exception: str = "") -> str:
    """Return a log that ends with a worker's last words."""
    words = {"error": "?", "kind": kind, "event": "worker.ended", "exception": exception}
    return f"{BEGUN}{json.dumps(words)}\n"


def of_the_sender(*causes: str) -> str:
    """Return the last words of a worker whose producer failed of the last of the causes."""
    return ended("KafkaError", CAUSED.join([*causes, DELIVERY]))


@pytest.mark.parametrize(
    ("log", "kind"),
    [
        (ended("ProducerFenced"), "ProducerFenced"),
        (of_the_sender("asyncio.IncompleteReadError: 0 bytes", "MemoryError"), "MemoryError"),
        (
            of_the_sender(
                "aiokafka.errors.KafkaConnectionError: KafkaConnectionError: closed",
                "aiokafka.errors.KafkaError: KafkaError: KafkaConnectionError('closed')",
            ),
            "KafkaConnectionError",
        ),
        (of_the_sender(), "KafkaError"),
        (BEGUN + FROM_FAUST, "KafkaConnectionError"),
        (BEGUN + '{"error": "?", "event": "kafka.away"}\n', "kafka.away"),
        (BEGUN + STOOD_STILL, "the loop stood still"),
        ("Traceback\n  File a\nModuleNotFoundError: No module named 'b'\n", "ModuleNotFoundError"),
        (BEGUN, "nothing said"),
        ("", "nothing said"),
    ],
)
def test_the_kind_is_what_it_ended_of(log: str, kind: str) -> None:
    """What a producer failed of is behind the name that aiokafka gives to all of it."""
    assert kind_of(log, EXIT_RESTART) == kind


@pytest.mark.parametrize(
    "kind", ["FoldFailed", "LaneStalled", "NotReady", "KeyError", "IllegalOperation", "KafkaError"]
)
def test_our_own_failures_are_never_weather(kind: str) -> None:
    """Nor is what nobody has given a reason for."""
    assert not is_excused(ended(kind), EXIT_RESTART, asked=True, squeezed=False, calm=False)


@pytest.mark.parametrize("log", [BEGUN, "", BEGUN + STOOD_STILL])
def test_an_end_without_a_word_is_not_weather(log: str) -> None:
    """The dump of a loop that stood still is one."""
    assert not is_excused(log, EXIT_RESTART, asked=False, squeezed=False, calm=False)


def test_weather_is_excused() -> None:
    """Others have its lanes, or Kafka is away, before it began or later, or forgets at its end."""
    kinds = ("ProducerFenced", "KafkaConnectionError", "InvalidProducerIdMapping")
    logs = (*map(ended, kinds), BEGUN + FROM_FAUST)

    for log in logs:
        assert is_excused(log, EXIT_RESTART, asked=False, squeezed=False, calm=False)


@pytest.mark.parametrize(
    ("code", "asked", "excused"),
    [
        (0, True, True),
        (0, False, False),
        (-signal.SIGTERM, True, True),
        (-signal.SIGTERM, False, False),
        (-signal.SIGKILL, False, True),
        (-signal.SIGSEGV, False, False),
        (EXIT_REFUSES, True, False),
    ],
)
def test_the_exit_code_counts(code: int, *, asked: bool, excused: bool) -> None:
    """A worker ends in good order where it is told to, and only there."""
    assert is_excused(BEGUN, code, asked=asked, squeezed=False, calm=False) is excused


def test_where_nothing_is_done_no_end_is_excused() -> None:
    """But one that was asked for: of poison no worker ends, and nobody kills one."""
    ends = ((ended("ProducerFenced"), EXIT_RESTART), (BEGUN, -signal.SIGKILL), (BEGUN, 0))

    for log, code in ends:
        assert not is_excused(log, code, asked=False, squeezed=False, calm=True)
    assert is_excused(BEGUN, 0, asked=True, squeezed=False, calm=True)
    assert not is_excused(ended("FoldFailed"), EXIT_RESTART, asked=True, squeezed=False, calm=True)


def test_only_who_may_have_no_more_memory_may_end_for_want_of_it() -> None:
    """Of others it is a find; and who is squeezed may not fail of anything else."""
    log = ended("RuntimeError", "RuntimeError: unable to start watchdog thread")

    assert is_excused(log, EXIT_RESTART, asked=False, squeezed=True, calm=False)
    assert is_excused(BEGUN, -signal.SIGSEGV, asked=False, squeezed=True, calm=False)
    assert not is_excused(log, EXIT_RESTART, asked=False, squeezed=False, calm=False)
    assert not is_excused(ended("FoldFailed"), EXIT_RESTART, asked=False, squeezed=True, calm=False)
