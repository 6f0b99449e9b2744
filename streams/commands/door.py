"""`stock door`: the webhook door."""

import logging
import os

from streams.clarus.doorway import serve
from streams.commands.say import run, settings_or_exit
from streams.commands.signals import stop_on_signals
from streams.engine.end import end_process
from streams.engine.errors import RefusesToRun
from streams.engine.open_files import raise_open_files
from streams.log import configure_logging
from streams.settings import Settings
from streams.supervisor import SUPERVISED_VARIABLE, end_with_parent


def door() -> None:
    """Take webhooks in: answered 202 once Kafka has them. Needs STOCK_DOOR_SECRET."""
    settings = settings_or_exit()
    configure_logging()
    # While Kafka is away aiokafka says so many times a second; the door says it once a change.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    end_with_parent()
    raise_open_files()
    run(_serve(settings))


async def _serve(settings: Settings) -> None:
    try:
        await serve(settings, stop_on_signals())
    except* RefusesToRun as refusals:
        refusal = refusals.exceptions[0]
        if SUPERVISED_VARIABLE in os.environ:
            end_process(refusal)  # the supervisor learns why
        raise refusal from None
