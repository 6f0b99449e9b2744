"""Log lines: JSON on stdout, a readable console on a terminal; Faust's and aiokafka's included.

Events are past-tense phrases with a stable key (`lane.cut`); one line a record only at debug.
"""

import logging
import sys
from collections import Counter
from typing import TextIO

import structlog

LIBRARIES = ("aiokafka", "faust", "mode")
SAME_EVERY_S = 10.0  # a line of a library's that comes sooner again is counted, not written
LINES_KNOWN_MAX = 1_000  # then all are forgotten, and each is written once more

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("stock")

_SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


class Rarely(logging.Filter):
    """Lets the same line of a library pass once in ten seconds, whatever values are in it.

    While Kafka is away, aiokafka 0.14 says so hundreds of times a second: within an hour the disk
    would be full of it. The next line that passes says how many did not.
    """

    def __init__(self) -> None:
        super().__init__()
        self._passed_at: dict[str, float] = {}
        self._left_out: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line is written."""
        if record.exc_info or record.name.partition(".")[0] not in LIBRARIES:
            return True
        line = f"{record.name}: {record.msg}"
        if record.created < self._passed_at.get(line, 0.0) + SAME_EVERY_S:
            self._left_out[line] += 1
            return False
        if len(self._passed_at) == LINES_KNOWN_MAX:
            self._passed_at.clear()
            self._left_out.clear()
        self._passed_at[line] = record.created
        left_out = self._left_out.pop(line, 0)
        if left_out:
            record.msg = f"{record.msg} (and {left_out} like it)"
        return True


def configure_logging(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every logger of the process to one stream, stdout unless named, in one form."""
    lines = stream or sys.stdout
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if lines.isatty() else structlog.processors.JSONRenderer()
    )
    handler = logging.StreamHandler(lines)
    handler.addFilter(Rarely())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_SHARED, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # One line a fetch and a heartbeat at info: their warnings are what an operator needs.
    for noisy in (*LIBRARIES, "streams"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # The first write of every transaction is answered with a retriable error (Kafka 4.4 verifies
    # partitions of the older protocol, which aiokafka 0.14 speaks): a warning each says nothing.
    logging.getLogger("aiokafka.producer.sender").setLevel(logging.ERROR)
