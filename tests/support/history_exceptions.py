"""The exceptions of a history: each stands as long as what it is about, and no longer."""

from collections.abc import Iterator

from streams.topics import EXCEPTIONS, MOVEMENTS
from tests.support.history_evidence import Evidence, Line, Violation, fields_of, place_of

JUDGED = ("E02:", "E03:", "E04:", "E05:")  # the others are about levels as they once were


def exceptions_stand(found: Evidence) -> Iterator[Violation]:
    """I4: what was kept apart or parked is raised, and cleared once somebody settled it.

    The topic is compacted: the last record of an exception is all that must be there. One cleared
    long ago is deleted, and stands no more.
    """
    last: dict[str, Line] = {line.key.decode(): line for line in found.log.of(EXCEPTIONS.name)}
    standing = _standing(found)
    for name in sorted(standing.keys() | last.keys()):
        state = fields_of(last[name]).get("state") if name in last else "never raised"
        if name in standing and state != "raised":
            yield Violation("I4", standing[name], "", f"{name} must stand, and is {state}")
        elif name not in standing and state == "raised" and name.startswith(JUDGED):
            yield Violation("I4", place_of(last[name]), "", f"{name} stands for nothing")


def _standing(found: Evidence) -> dict[str, str]:
    """Return what must stand, by the exception's id, and what it is about."""
    standing = {
        name: f"{MOVEMENTS.name}/{number}/{offset}"
        for number, fold in found.folds.items()
        for name, offset in fold.standing.items()
    }
    for source, (_, kept) in found.parked.items():
        about = kept["movement"]["sku" if kept["lacks"] == "E03" else "movement_id"]
        standing[f"{kept['lacks']}:{about}"] = source
    return standing
