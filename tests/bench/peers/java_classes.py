"""Kafka Streams: its jars beside the broker's, our one class compiled by the machine's JDK."""

import asyncio
import os
import shutil
from pathlib import Path

from streams.broker import BrokerError
from streams.broker.fetch import fetch_jars
from streams.broker.jars import read_lock
from streams.broker.java import ask_major
from tests.bench.peers.peer import Command, Skipped, Workshop

HERE = Path(__file__).parent
LOCK_FILE = HERE / "kafka_streams.lock"  # what it needs beside the jars of the broker
JAVA_MIN = 17  # of the class, which has records


async def kafka_streams(workshop: Workshop) -> Command:
    """Return the command; raise `Skipped` where there is no JDK, or the jars do not come."""
    javac = _javac()
    jars = await asyncio.to_thread(_jars, workshop)
    classes = workshop.folder / "java-classes"
    classes.mkdir(exist_ok=True)
    class_path = os.pathsep.join(map(str, jars))
    await _compile(javac, class_path, classes)
    java = javac.with_name("java")
    return (str(java), "-cp", os.pathsep.join((str(classes), class_path)), "StockPeer")


def _javac() -> Path:
    home, on_path = os.environ.get("JAVA_HOME"), shutil.which("javac")
    found = [Path(home, "bin", "javac")] if home else []
    found += [Path(on_path)] if on_path else []
    for javac in found:
        if javac.exists() and (ask_major(javac.with_name("java")) or 0) >= JAVA_MIN:
            return javac
    raise Skipped(f"there is no JDK {JAVA_MIN} or newer: neither in JAVA_HOME nor on the path")


def _jars(workshop: Workshop) -> list[Path]:
    needed = (*read_lock(), *read_lock(LOCK_FILE))
    try:
        return fetch_jars(needed, workshop.cache.expanduser().resolve() / "kafka", say=workshop.say)
    except BrokerError as error:
        raise Skipped(str(error)) from None


async def _compile(javac: Path, class_path: str, classes: Path) -> None:
    source = str(HERE / "StockPeer.java")
    process = await asyncio.create_subprocess_exec(
        str(javac), "-cp", class_path, "-d", str(classes), source, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    if process.returncode:
        raise Skipped(f"javac failed: {said.decode(errors='replace').strip()[:300]}")
