"""The lock: what it names, and that a file is that or is not."""

import re
from pathlib import Path

import pytest

from streams.broker.jars import LOCK_FILE, Jar, read_lock, render_lock, sha256_of
from streams.broker.lock import ROOTS

BYTES = b"bytes of a jar"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "one-1.0.jar"
    file.write_bytes(BYTES)
    return file


@pytest.fixture
def jar(file: Path) -> Jar:
    return Jar("test.jars:one:1.0", sha256_of(file), len(BYTES))


def test_file_with_the_sum_of_the_lock_is_whole(jar: Jar, file: Path) -> None:
    """The sum decides, not the name."""
    assert jar.is_whole(file)


@pytest.mark.parametrize("content", [BYTES[:-1], BYTES + b"!", BYTES.swapcase(), b""])
def test_file_cut_short_or_altered_is_not_whole(jar: Jar, file: Path, content: bytes) -> None:
    """No change of a single byte passes, of whatever length."""
    file.write_bytes(content)

    assert not jar.is_whole(file)


def test_absent_file_is_not_whole(jar: Jar, tmp_path: Path) -> None:
    """Nothing there is the ordinary case of a first start."""
    assert not jar.is_whole(tmp_path / "nothing.jar")


def test_lock_reads_back_as_written(tmp_path: Path) -> None:
    """Reading and rendering are inverse, so a new lock differs only where versions do."""
    again = tmp_path / "kafka.lock"
    again.write_text(render_lock(reversed(read_lock())))

    assert LOCK_FILE.read_bytes() == again.read_bytes()


def test_lock_holds_what_it_was_made_from() -> None:
    """The roots of the lock are in it, in exactly their versions."""
    coordinates = {jar.coordinate for jar in read_lock()}

    assert set(ROOTS) <= coordinates
    assert {"4.4.0"} == {c.split(":")[2] for c in coordinates if c.startswith("org.apache.kafka:")}


def test_no_two_jars_share_a_file() -> None:
    """Jars are kept under artifact and version, without the group."""
    jars = read_lock()

    assert len(jars) == len({jar.file_name for jar in jars})


def test_lock_names_no_host() -> None:
    """Where the jars come from is the fetcher's business, and may change."""
    line = re.compile(r"[\w.\-]+:[\w.\-]+:[\w.\-]+ [0-9a-f]{64} \d+")

    assert [each for each in LOCK_FILE.read_text().splitlines() if not line.fullmatch(each)] == []
