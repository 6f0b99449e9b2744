"""Every command of `stock`, imported: by its path, and one after the other."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from typer.main import get_group

from streams.cli import stock, whole


@cache
def verbs() -> Mapping[str, Any]:
    """Return what can be called first, whole."""
    return {name: whole(listed) for name, listed in get_group(stock).commands.items()}


def commands() -> Iterator[tuple[str, Any]]:
    """Yield the path, e.g. `kafka start`, and the command of everything that can be called."""
    for name, command in verbs().items():
        yield from _inner(name, command)


def command_at(words: Iterable[str]) -> Any:
    """Return the command that words lead to, arguments after it or not; None: to none."""
    found: Any = None
    known = verbs()
    for word in words:
        found = known.get(word)
        known = getattr(found, "commands", None)
        if known is None:
            return found
    return found


def _inner(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    for name, inner in getattr(command, "commands", {}).items():
        yield from _inner(f"{path} {name}", inner)
    if not hasattr(command, "commands"):
        yield path, command
