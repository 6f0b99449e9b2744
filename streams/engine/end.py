"""How a worker ends: at once, with its last words kept for whoever restarts it.

No repair in flight: whatever a transaction had open is aborted by the next owner's fencing.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import orjson

from streams.engine.errors import FoldFailed, RefusesToRun
from streams.log import log

EXIT_RESTART = 1  # bad weather, or a peer took over: start again
EXIT_REFUSES = 78  # starting again does not help: a person must act (sysexits' EX_CONFIG)
LAST_WORDS_VARIABLE = "STOCK_LAST_WORDS"  # a file the supervisor reads after the exit


def end_process(error: BaseException) -> NoReturn:
    """Say what happened, then leave without running another line of the program.

    It leaves whatever happens. What cannot be said (the disk is full, nobody reads) is not said:
    an error here would end in the task that failed, and the process would stay without its lane.
    """
    refuses = isinstance(error, RefusesToRun)
    try:
        with suppress(Exception):
            kind = type(error).__name__
            log.error("worker.ended", error=str(error), kind=kind, exc_info=not refuses and error)
        with suppress(Exception):
            _keep_last_words(error)
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
    finally:
        os._exit(EXIT_REFUSES if refuses else EXIT_RESTART)


def _keep_last_words(error: BaseException) -> None:
    path = os.environ.get(LAST_WORDS_VARIABLE)
    if path is None:
        return
    # By `place`, and not by its words, is the same failure told from another.
    place = error.place if isinstance(error, FoldFailed) else None
    words = {"error": str(error), "place": place}
    Path(path).write_bytes(orjson.dumps(words))
