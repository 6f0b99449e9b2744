"""The broker's storage: formatted once, deleted on demand."""

import secrets
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from streams.broker.configuration import PROPERTIES_FILE
from streams.broker.errors import BrokerError
from streams.broker.jvm import KafkaClasses, java_environment
from streams.broker.last_words import last_words

STORAGE = "data"  # as `log.dirs` in single-node.properties


def format_storage(folder: Path, classes: KafkaClasses, lock: int) -> None:
    """Make the storage in the broker's folder, unless it is there.

    `lock` is the descriptor that holds the folder: the tool holds on to it, so that whoever comes
    after one that was killed meanwhile waits for the tool to end.
    """
    # Kafka writes this file last: a format that was cut short is begun again.
    if (folder / STORAGE / "meta.properties").exists():
        return
    # Kafka's id is 16 bytes in base64; one that began with a dash would read as an option.
    cluster_id = "k" + secrets.token_urlsafe(16)[1:]
    done = subprocess.run(  # noqa: S603 (our own command)
        classes.tool("kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", PROPERTIES_FILE),
        cwd=folder,
        env=java_environment(),
        pass_fds=[lock],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BrokerError(f"Kafka cannot use {folder}: {last_words(done.stdout + done.stderr)}")


def delete_storage(folder: Path) -> None:
    """Delete topics, records and offsets; no broker may run on them."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder / STORAGE)
