"""Fetching the jars once, into the user's cache, and never trusting a file unseen.

jgo 3.2 writes straight into the file it returns and only warns of a wrong sum, so a download that
was cut short would be trusted for ever: it works in a folder of its own, and only what has the
sum of the lock is moved, in one step, to where it is kept.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from streams.broker.errors import BrokerError
from streams.broker.exclusive import exclusive
from streams.broker.jars import Jar

DOWNLOADS_AT_ONCE_MAX = 8  # 45 small files: the line is waited for, not filled
ATTEMPTS_MAX = 2  # of one jar; the second is for a line that broke
SILENCE_MAX_S = 15  # a repository that sends nothing for so long is given up


def fetch_jars(
    jars: Sequence[Jar],
    folder: Path,
    *,
    repositories: Mapping[str, str] | None = None,
    say: Callable[[str], None],
) -> list[Path]:
    """Return the file of every jar, each checked against its sum; fetch what is not there.

    Needs no network, nor to write, where all are there. Two processes fetch nothing twice.
    `repositories` maps a name to an address; None is the Maven central repository.
    """
    if missing_jars(jars, folder):
        folder.mkdir(parents=True, exist_ok=True)
        with exclusive(folder / "lock"):
            _fetch(missing_jars(jars, folder), folder, repositories, say)
    return [folder / jar.file_name for jar in jars]


def missing_jars(jars: Sequence[Jar], folder: Path) -> list[Jar]:
    """Return the jars that are absent, cut short or altered."""
    return [jar for jar in jars if not jar.is_whole(folder / jar.file_name)]


def ways_out(folder: Path) -> str:
    """Return what to do where nothing can be fetched."""
    return (
        "name a Kafka of yours with STOCK_KAFKA=host:port, "
        f"or copy the folder {folder} from a machine that has it"
    )


def maven(incoming: Path, repositories: Mapping[str, str] | None = None) -> Any:
    """Return jgo's context: it resolves and downloads into `incoming`."""
    try:
        from jgo.maven import MavenContext  # noqa: PLC0415 (of the group `local`)
    except ImportError:
        raise BrokerError(
            "fetching the local Kafka needs the package jgo: install the dependency group `local` "
            "(`uv sync`), or name a Kafka of yours with STOCK_KAFKA=host:port"
        ) from None
    remote = None if repositories is None else dict(repositories)
    return MavenContext(repo_cache=incoming, remote_repos=remote, timeout=SILENCE_MAX_S)


def _fetch(
    jars: Sequence[Jar],
    folder: Path,
    repositories: Mapping[str, str] | None,
    say: Callable[[str], None],
) -> None:
    if not jars:
        return
    megabytes = sum(jar.size_bytes for jar in jars) / 1e6
    say(f"fetching Apache Kafka, once: {len(jars)} files, {megabytes:.0f} MB")
    incoming = folder / "incoming"
    shutil.rmtree(incoming, ignore_errors=True)  # of a process that was killed while fetching
    context = maven(incoming, repositories)
    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE_MAX) as threads:
        # The first failure is raised here, and what has not begun by then never does.
        list(threads.map(partial(_fetch_one, context, folder), jars))
    shutil.rmtree(incoming)


def _fetch_one(context: Any, folder: Path, jar: Jar) -> None:
    failure = ""
    for _ in range(ATTEMPTS_MAX):
        try:
            came = _download(context, jar)
        except (OSError, RuntimeError, ValueError) as error:
            failure = _reason(error)
            continue
        if jar.is_whole(came):
            came.replace(folder / jar.file_name)
            return
        failure = "what came does not have the sum of kafka.lock"
    raise BrokerError(
        f"the local Kafka lacks {jar.coordinate}, and it does not come from the Maven central "
        f"repository ({failure}): {ways_out(folder)}"
    )


def _download(context: Any, jar: Jar) -> Path:
    artifact = context.create_dependency(jar.coordinate).artifact
    artifact.cached_path.unlink(missing_ok=True)
    return artifact.resolve()


def _reason(error: Exception) -> str:
    """Name what happened without repeating an address or a proxy's password."""
    if isinstance(error, OSError):  # requests' errors are OSErrors too
        return error.strerror or type(error).__name__
    return "it does not hand it out"  # jgo: any answer but 200, or one that does not read
