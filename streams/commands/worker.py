"""`stock worker`: translate and keep_stock, supervised."""

import asyncio
from typing import Annotated

import faust
import typer
from aiokafka.errors import KafkaError

from streams.address import split_bind
from streams.app import build
from streams.broker.ports import gets_free
from streams.chart import chart_of
from streams.commands.say import run, settings_or_exit
from streams.commands.signals import stop_on_signals
from streams.engine.end import EXIT_RESTART, end_process
from streams.engine.errors import RefusesToRun
from streams.engine.memory import calm_collector
from streams.engine.open_files import raise_open_files, too_few_for
from streams.home import folder_in_home
from streams.log import configure_logging, log
from streams.roles import worker_children
from streams.settings import Settings, masked
from streams.supervisor import end_with_parent, keep_running
from streams.topic_admin import check_topics
from streams.topics import AGENTS
from streams.translate import require_accounts
from streams.web.auth import required_token

# A start costs seconds of a core, which a Kafka that starts beside it needs; so it waits in place.
AWAY_S_MAX = 60.0  # then it ends, to be started anew
TRY_AGAIN_S = 1.0


def worker(
    workers: Annotated[int, typer.Option(help="Processes to run and keep running.", min=1)] = 1,
    once: Annotated[bool, typer.Option(hidden=True)] = False,
    web_port: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run the stock ledger's worker; start as many as wanted, anywhere."""
    settings = settings_or_exit()
    configure_logging()
    if once:
        run_once(settings, web_port)
    run(_supervise(settings, workers))


def run_once(settings: Settings, web_port: int | None) -> None:
    """Be the worker, in this process, until it ends."""
    end_with_parent()
    raise_open_files()
    # No refusal: it may never have all the lanes, and others wait for what it takes of them.
    if too_few := too_few_for(len(AGENTS) * settings.partitions):
        log.warning("files.too_few", if_alone=too_few)
    port = web_port or split_bind(settings.web_bind)[1]
    try:
        require_accounts(settings)
        required_token(settings)
        chart_of(settings)
        folder_in_home(settings)
        _require_free(settings, port)
        log.info("worker.started", settings=masked(settings))
        asyncio.run(_checked(settings))
    except RefusesToRun as refusal:
        end_process(refusal)
    except KafkaError as error:
        log.warning("kafka.away", error=str(error))
        raise SystemExit(EXIT_RESTART) from None
    app = build(settings, web_port=port)
    calm_collector()
    process = faust.Worker(app, loglevel="info", override_logging=False, quiet=True)
    process.spinner = None  # Faust's shows the terminal's cursor again, in a log file too
    process.execute_from_commandline()


def _require_free(settings: Settings, port: int) -> None:
    """End, to be started anew, where another program has taken the port meanwhile."""
    host, _ = split_bind(settings.web_bind)
    if not gets_free(port, host):
        log.error("web.port_taken", port=port, do="free it, or name others: STOCK_WEB_BIND")
        raise SystemExit(EXIT_RESTART)


async def _checked(settings: Settings) -> None:
    """Check the topics once Kafka answers; who has begun need not begin again for that."""
    loop = asyncio.get_running_loop()
    until, told = loop.time() + AWAY_S_MAX, ""
    while True:
        try:
            return await check_topics(settings)
        except KafkaError as error:
            if loop.time() > until:
                raise
            if str(error) != told:
                log.warning("kafka.away", error=str(error))
            told = str(error)
        await asyncio.sleep(TRY_AGAIN_S)


async def _supervise(settings: Settings, workers: int) -> None:
    # Here too: said once, before any process is started.
    require_accounts(settings)
    required_token(settings)
    folder_in_home(settings)
    await keep_running(worker_children(settings, workers), stop_on_signals())
