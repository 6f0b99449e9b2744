"""Log lines: JSON on stdout, a readable console on a terminal; Faust's and aiokafka's included.

Events are past-tense phrases with a stable key (`lane.cut`); one line a record only at debug.
"""

import logging
import sys
from typing import TextIO

import structlog

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("stock")

_SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


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
    for noisy in ("aiokafka", "faust", "mode", "streams"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # The first write of every transaction is answered with a retriable error (Kafka 4.4 verifies
    # partitions of the older protocol, which aiokafka 0.14 speaks): a warning each says nothing.
    logging.getLogger("aiokafka.producer.sender").setLevel(logging.ERROR)
