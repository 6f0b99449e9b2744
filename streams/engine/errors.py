"""What the engine says when it ends the process, and who must act.

EngineError
├── RefusesToRun    what it found would make figures wrong: a person acts, the message names the fix
├── LaneStalled     lag without progress while the broker answers: restart
├── NotReady        a worker does not come to take records, for as long: restart
└── FoldFailed      our own code raised on a record: restart; three times the same, stop and name it
"""


class EngineError(Exception):
    """The process ends; nothing of the open transaction becomes visible."""


class RefusesToRun(EngineError):
    """Going on would count twice or skip; restarting does not help, the message says what does."""


class LaneStalled(EngineError):
    """A lane has records to take and takes none."""


class NotReady(EngineError):
    """A worker stands before its first record; the message says at what."""


class FoldFailed(EngineError):
    """A record that our code cannot get past; `place` names it and the exception, and no more."""

    def __init__(self, message: str, place: str) -> None:
        super().__init__(message)
        self.place = place
