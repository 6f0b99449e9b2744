"""Jars come once, whole, and are never trusted unseen."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from streams.broker.errors import BrokerError
from streams.broker.fetch import fetch_jars
from streams.broker.ports import draw_port
from tests.support.repository import Repository, serve

ONE, TWO = "test.jars:one:1.0", "test.jars:two:2.0"
CONTENTS = {ONE: b"one" * 5_000, TWO: b"two" * 5_000}


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve(CONTENTS) as repository:
        yield repository


def fetch(repository: Repository, folder: Path) -> list[bytes]:
    files = fetch_jars(
        repository.jars, folder, repositories={"test": repository.address}, say=lambda _: None
    )
    return [file.read_bytes() for file in files]


def test_jars_come_in_the_order_of_the_lock(repository: Repository, tmp_path: Path) -> None:
    """The class path is the lock's order."""
    assert list(CONTENTS.values()) == fetch(repository, tmp_path)


def test_jars_come_once(repository: Repository, tmp_path: Path) -> None:
    """A second start asks nobody."""
    fetch(repository, tmp_path)
    repository.asked.clear()

    assert list(CONTENTS.values()) == fetch(repository, tmp_path)
    assert repository.asked == []


def test_jars_of_another_machine_will_do(repository: Repository, tmp_path: Path) -> None:
    """A copied folder needs no network, and may be one that we cannot write: nothing is added."""
    for jar in repository.jars:
        (tmp_path / jar.file_name).write_bytes(CONTENTS[jar.coordinate])

    assert list(CONTENTS.values()) == fetch(repository, tmp_path)
    assert repository.asked == []
    assert {jar.file_name for jar in repository.jars} == {f.name for f in tmp_path.iterdir()}


@pytest.mark.parametrize("harm", [b"", b"one" * 4_999, b"eno" * 5_000])
def test_harmed_file_is_fetched_anew(repository: Repository, tmp_path: Path, harm: bytes) -> None:
    """What a killed process or a bad disk left is not what Java gets."""
    fetch(repository, tmp_path)
    (tmp_path / "one-1.0.jar").write_bytes(harm)

    assert list(CONTENTS.values()) == fetch(repository, tmp_path)
    assert len(repository.asked) == 3


def test_leftovers_of_a_killed_fetch_are_in_nobodys_way(
    repository: Repository, tmp_path: Path
) -> None:
    """Half a download lies where the next one works."""
    half = tmp_path / "incoming" / "test" / "jars" / "one" / "1.0" / "one-1.0.jar"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"one")

    assert list(CONTENTS.values()) == fetch(repository, tmp_path)
    assert not (tmp_path / "incoming").exists()


@pytest.mark.parametrize("spoilt", [b"one" * 10, b"eno" * 5_000])
def test_broken_download_is_tried_again(
    repository: Repository, tmp_path: Path, spoilt: bytes
) -> None:
    """A line that broke, or bytes that changed on it, cost a second try."""
    repository.spoil(ONE, spoilt)

    assert list(CONTENTS.values()) == fetch(repository, tmp_path)


def test_what_is_not_in_the_lock_is_never_kept(repository: Repository, tmp_path: Path) -> None:
    """A repository that serves other bytes is refused, in one line, and leaves no file."""
    repository.spoil(ONE, b"eno" * 5_000, b"eno" * 5_000)

    with pytest.raises(BrokerError, match=r"lacks test\.jars:one:1\.0,.*sum of kafka\.lock"):
        fetch(repository, tmp_path)
    assert not (tmp_path / "one-1.0.jar").exists()


def test_two_at_once_fetch_nothing_twice(repository: Repository, tmp_path: Path) -> None:
    """Whoever comes second waits for the first and finds everything there."""
    with ThreadPoolExecutor(2) as two:
        both = [two.submit(fetch, repository, tmp_path) for _ in range(2)]

    assert [list(CONTENTS.values())] * 2 == [each.result() for each in both]
    assert len(repository.asked) == 2


def test_offline_one_line_says_what_is_missing_and_both_ways_out(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing, from where, and what to do; no address, which may hold a secret."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://someone:secret@127.0.0.1:{draw_port()}")

    with pytest.raises(BrokerError) as refusal:
        fetch_jars(repository.jars, tmp_path, say=lambda _: None)
    said = str(refusal.value)

    assert "\n" not in said
    assert "lacks test.jars:one:1.0" in said
    assert "from the Maven central repository (ProxyError)" in said
    assert "STOCK_KAFKA=host:port" in said
    assert f"copy the folder {tmp_path} from a machine that has it" in said
    assert "secret" not in said


def test_without_the_fetcher_one_line_says_what_to_install(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A production install has no jgo."""
    monkeypatch.setitem(sys.modules, "jgo.maven", None)

    with pytest.raises(BrokerError, match=r"jgo.*`local`.*STOCK_KAFKA=host:port"):
        fetch(repository, tmp_path)


def test_what_takes_long_is_announced(repository: Repository, tmp_path: Path) -> None:
    """Whoever waits for a download is told of it, and only then."""
    said: list[str] = []
    for _ in range(2):
        fetch_jars(
            repository.jars, tmp_path, repositories={"test": repository.address}, say=said.append
        )

    assert said == ["fetching Apache Kafka, once: 2 files, 0 MB"]
