"""How a door or a worker ended, by its log and exit code, and what no fault is to blame for."""

import json
import re
import signal
from typing import Any

from streams.engine.end import EXIT_REFUSES

ENDED = "worker.ended"
AWAY = "kafka.away"
_OF_THE_SENDER = "KafkaError"  # aiokafka's producer tells by it that it failed: the cause says why
_CAUSE = re.compile(
    r"^(?:\w+\.)*(\w+)(?::[^\n]*)?\n\nThe above exception was the direct cause", re.MULTILINE
)
_STOOD_STILL = re.compile(r"^Timeout \(\d", re.MULTILINE)  # faulthandler's, of the watchdog
_FROM_FAUST = re.compile(r"Error: (\w+)\(")
_RAISED = re.compile(r"^(?:\w+\.)*(\w+)(?::|$)")

# What ends a worker and is not of its code. A kind that is not here is a violation: whoever meets
# a new one finds out what it comes from, and gives the reason here or mends it.
WEATHER = {
    "ProducerFenced": "others hold its lanes: it was frozen, cut off or slow beyond its session",
    "NotSettled": "Kafka has decided a commit and left a partition out: F6, F23",
    "KafkaConnectionError": "the broker is away, or has closed the connection",
    "NodeNotReadyError": "as above, of a connection that was there before",
    "KafkaTimeoutError": "the broker is back and does not lead its partitions yet",
    "RequestTimedOutError": "the broker is frozen, or answers too late",
    "UnknownTopicOrPartitionError": "a broker that began again shows its topics a moment later",
    "LeaderNotAvailableError": "a partition without a leader: F6, F23",
    "NotLeaderForPartitionError": "as above, of one that had a leader before",
    "GroupCoordinatorNotAvailableError": "a broker that began again has not read its groups yet",
    "NotCoordinatorForGroupError": "as above",
    "GroupLoadInProgressError": "as above",
    "InvalidProducerIdMapping": "a broker stopped while it reads its transactions knows none: F6",
    "IllegalGenerationError": "the group has dealt anew without it",
    "UnknownMemberIdError": "the group has counted it out",
    "RebalanceInProgressError": "the group deals anew",
}
WANT_OF_MEMORY = (  # a thread without memory for its stack does not start
    "MemoryError",
    "unable to start watchdog thread",
    "can't start new thread",
    "Cannot allocate memory",
)
# A library in C may not look whether it got its memory.
_BY_WANT_OF_MEMORY = (-signal.SIGSEGV, -signal.SIGABRT)
_OF_A_STOP = (0, -signal.SIGTERM)  # by the signal itself: before the program could hear it


def wants_memory(log: str, code: int) -> bool:
    """Say whether it ended for want of memory, of which it may not have more."""
    return code in _BY_WANT_OF_MEMORY or any(words in log for words in WANT_OF_MEMORY)


def is_excused(log: str, code: int, *, asked: bool, squeezed: bool, calm: bool) -> bool:
    """Say whether a fault explains the end; `asked`: it was told to stop; `calm`: nothing else."""
    if calm and not asked:
        return False
    if squeezed and wants_memory(log, code):
        return True
    if code in _OF_A_STOP:
        return asked
    # Whoever kills is a fault, or the machine itself.
    return code == -signal.SIGKILL or kind_of(log, code) in {*WEATHER, AWAY}


def kind_of(log: str, code: int) -> str:
    """Return the name of the error it ended with, or what else can be told of its end."""
    if code == EXIT_REFUSES:
        return "refuses to run"
    if code < 0:
        return signal.Signals(-code).name
    said = [line for line in map(_fields, log.splitlines()) if line]
    ended = next((line for line in reversed(said) if line.get("event") == ENDED), None)
    if ended is not None:
        return _cause_of(str(ended.get("kind")), str(ended.get("exception")))
    if _STOOD_STILL.search(log):
        return "the loop stood still"
    return _unsaid(last_line(log))


def last_line(log: str) -> str:
    """Return the end of the log."""
    return log.rstrip().rpartition("\n")[2]


def _unsaid(last: str) -> str:
    """Return what ended it before the program could say so: Faust, or Python itself."""
    event = str(_fields(last).get("event", ""))
    if event == AWAY:
        return AWAY
    found = _FROM_FAUST.search(event) or _RAISED.match(last)
    return found[1] if found else "nothing said"


def _cause_of(kind: str, exception: str) -> str:
    causes = [kind, *reversed(_CAUSE.findall(exception))]  # each of the one after it
    return next((cause for cause in causes if cause != _OF_THE_SENDER), kind)


def _fields(line: str) -> dict[str, Any]:
    try:
        fields: Any = json.loads(line)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}
