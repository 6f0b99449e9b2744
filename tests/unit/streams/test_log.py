"""What is written to the log, and how often."""

import io
import logging
from collections.abc import Iterator, Mapping

import pytest
import structlog

from streams.log import LINES_KNOWN_MAX, SAME_EVERY_S, Rarely, configure_logging

AWAY = "Unable connect to node with id %s: %s"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Give what is logged, and put everything back as it was."""
    root, lines = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    configure_logging(stream=lines)
    yield lines
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def line(
    at: float, name: str = "aiokafka", text: str = AWAY, more: Mapping[str, object] | None = None
) -> logging.LogRecord:
    values = {"name": name, "msg": text, "args": (1, "refused"), "created": at}
    return logging.makeLogRecord({**values, **(more or {})})


def test_a_broker_that_is_away_does_not_fill_the_disk(written: io.StringIO) -> None:
    """The library says it on every attempt, of which there are hundreds a second."""
    for attempt in range(500):
        logging.getLogger("aiokafka").error(AWAY, 1, f"refused {attempt}")

    assert len(written.getvalue().splitlines()) == 1


def test_the_next_line_says_how_many_were_left_out() -> None:
    """So that nobody thinks it happened twice."""
    rarely = Rarely()
    passed = [rarely.filter(line(100.0 + second)) for second in range(4)]
    later = line(100.0 + SAME_EVERY_S)

    assert passed == [True, False, False, False]
    assert rarely.filter(later)
    assert later.getMessage() == "Unable connect to node with id 1: refused (and 3 like it)"


def test_our_own_lines_and_other_lines_are_all_written() -> None:
    """What we log ourselves is meant to be read; so is what a library says of something else."""
    rarely = Rarely()
    ours = [rarely.filter(line(100.0, name="stock")) for _ in range(3)]
    others = [rarely.filter(line(100.0, text=f"partition {n}: %s %s")) for n in range(3)]

    assert ours == others == [True, True, True]


def test_a_failure_with_its_traceback_is_always_written() -> None:
    """Two of them need not have the same cause."""
    rarely = Rarely()
    failure = {"exc_info": (ValueError, ValueError(), None)}

    assert [rarely.filter(line(100.0, more=failure)) for _ in range(2)] == [True, True]


def test_what_is_remembered_is_bounded() -> None:
    """Lines with a value in their text are each another line."""
    rarely = Rarely()
    for number in range(3 * LINES_KNOWN_MAX):
        rarely.filter(line(100.0, text=f"node {number} %s %s"))

    assert len(rarely._passed_at) <= LINES_KNOWN_MAX
