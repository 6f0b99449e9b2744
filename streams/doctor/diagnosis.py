"""What a check finds."""

from dataclasses import dataclass
from enum import StrEnum

from streams.engine.errors import RefusesToRun


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"  # it works; somebody should look
    FAIL = "fail"  # something does not work, or figures would be wrong


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One line: what was looked at, how it is, and what to do where it is not well."""

    about: str
    state: State
    says: str
    fix: str = ""


def ok(about: str, says: str) -> Diagnosis:
    """Return a good finding."""
    return Diagnosis(about, State.OK, says)


def warn(about: str, says: str, fix: str) -> Diagnosis:
    """Return a finding that somebody should look at."""
    return Diagnosis(about, State.WARN, says, fix)


def fail(about: str, says: str, fix: str) -> Diagnosis:
    """Return a finding that must be mended."""
    return Diagnosis(about, State.FAIL, says, fix)


def refused(about: str, refusal: RefusesToRun) -> Diagnosis:
    """Return what a refusal says: first what is wrong, then what to do."""
    what, _, fix = str(refusal).partition(": ")
    return fail(about, what, fix or what)
