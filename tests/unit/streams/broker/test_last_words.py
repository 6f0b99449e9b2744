"""Why Java ended, in one line."""

from pathlib import Path

from streams.broker.last_words import READ_MAX_BYTES, end_of, last_words

LOG = """2026-11-24 15:42:06,621 ERROR Kafka$ Exiting Kafka due to fatal exception
org.apache.kafka.common.config.ConfigException: Invalid value zero for configuration num.io.threads
\tat org.apache.kafka.common.config.ConfigDef.parseType(ConfigDef.java:789)
"""
CONSOLE = """Invalid maximum heap size: -Xmx2x
Error: Could not create the Java Virtual Machine.
"""


def test_failure_in_the_log_goes_before_the_console() -> None:
    """Kafka knows better than Java what ailed it."""
    why = "ConfigException: Invalid value zero for configuration num.io.threads"

    assert why == last_words(CONSOLE, LOG)


def test_failure_of_a_tool_is_found_among_its_frames() -> None:
    """A tool has no log: its failure is on the console."""
    console = 'Exception in thread "main" java.io.IOException: disk full\n\tat java.base/x.y(Z)\n'

    assert last_words(console) == "IOException: disk full"


def test_console_speaks_where_no_failure_is_named() -> None:
    """Java's own refusals name no exception."""
    assert (
        last_words(CONSOLE)
        == "Invalid maximum heap size: -Xmx2x; Error: Could not create the Java Virtual Machine."
    )


def test_silence_is_said() -> None:
    """A process killed while it starts says nothing."""
    assert last_words("") == "it said nothing"


def test_failures_of_an_earlier_start_are_not_read_again(tmp_path: Path) -> None:
    """The log goes on over many starts."""
    log = tmp_path / "broker.log"
    log.write_text("earlier\nlater\n")

    assert end_of(log, len("earlier\n")) == "later\n"


def test_rolled_log_is_read_from_its_beginning(tmp_path: Path) -> None:
    """The log was longer when the broker started than it is now."""
    log = tmp_path / "broker.log"
    log.write_text("new\n")

    assert end_of(log, 1_000) == "new\n"


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    """A log may be 10 MB."""
    log = tmp_path / "broker.log"
    log.write_text("x" * (READ_MAX_BYTES + 1))

    assert len(end_of(log)) == READ_MAX_BYTES


def test_absent_log_is_empty(tmp_path: Path) -> None:
    """Java may end before it logs."""
    assert end_of(tmp_path / "broker.log") == ""
