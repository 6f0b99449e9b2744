"""A worker process with the small agents of `folds.py`: `python -m tests.support.engine_worker`.

ENGINE_APP_ID names its group and topics; ENGINE_RESTORE_S makes reading back slow, ENGINE_FOLD_S
the taking of a list; with ENGINE_RECOVER_AFTER reading back waits, and says so, until the file is
there; with ENGINE_ENDS_LATE_S Faust asks so much later where the changelog ends; ENGINE_STALL_S is
`stall_s`, shorter than the settings take it.
ENGINE_AT_COMMIT=STOP:5 has it send itself that signal inside its fifth transaction of the adding
lanes: everything is written, nothing is committed. HANG:5 has that commit never return.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import faust
from faust.tables.recovery import Recovery as FaustRecovery

from streams.engine import starting, transaction
from streams.engine.host import EngineApp, add_table, host
from streams.engine.recovery import recover
from streams.engine.runner import Agent
from streams.log import configure_logging, log
from streams.settings import Settings
from streams.supervisor import end_with_parent
from tests.support.folds import ADD, TABLE, Names, agents, dawdle
from tests.support.kafka import eventually

RECOVERY_WAITS = "recovery.waits"
RECOVER_AFTER_MAX_S = 120.0


class FaultyProducer(transaction.TransactionalProducer):
    """A producer that hangs, or sends its own process a signal, just before one of its commits."""

    commits_left = 0
    sent: signal.Signals | None = None

    async def commit_transaction(self) -> None:
        transactions: Any = self._txn_manager
        if f"-{ADD}-" in transactions.transactional_id:
            FaultyProducer.commits_left -= 1
            if FaultyProducer.commits_left == 0:
                await self._fail()
        await super().commit_transaction()

    async def _fail(self) -> None:
        if FaultyProducer.sent is None:
            await asyncio.Event().wait()
        else:
            os.kill(os.getpid(), FaultyProducer.sent)


def build(settings: Settings, both: tuple[Agent, ...], app_id: str, web_port: int) -> EngineApp:
    app = host(settings, app_id, both, web_port=web_port)
    for agent in both:
        _register(app, agent.name)
    table = add_table(app, TABLE, ADD, settings.partitions)

    @app.page("/state/")
    async def state(web: Any, _request: Any) -> Any:
        lanes = app.lanes.lanes()
        return web.json(
            {
                "ready": app.is_ready,
                "lanes": {repr(lane): dict(lane.next_offset) for lane in lanes},
                "counts": {repr(lane): dict(lane.counts) for lane in lanes},
                "cards": {k.decode(): v.decode() for k, v in table.data.items()},
            }
        )

    return app


def _register(app: EngineApp, name: str) -> None:
    async def take(lists: Any) -> None:
        async for taken in lists:
            await app.take(taken)

    take.__name__ = take.__qualname__ = name
    app.agent(app.channels[name], name=name)(take)


def _dawdle() -> None:
    dawdle(float(os.environ.get("ENGINE_RESTORE_S", "0")))


async def _recover_late(*given: Any, **named: Any) -> Any:
    log.info(RECOVERY_WAITS)
    until = Path(os.environ["ENGINE_RECOVER_AFTER"])
    await eventually(until.exists, RECOVER_AFTER_MAX_S)
    return await recover(*given, **named)


def _ask_ends_late(late_s: float) -> None:
    ask: Any = FaustRecovery._build_highwaters

    async def late(*given: Any) -> None:
        await asyncio.sleep(late_s)
        await ask(*given)

    FaustRecovery._build_highwaters = late  # pyright: ignore[reportAttributeAccessIssue]


def _settings() -> Settings:
    settings = Settings()
    stall_s = float(os.environ.get("ENGINE_STALL_S", settings.engine.stall_s))
    engine = settings.engine.model_copy(update={"stall_s": stall_s})
    return settings.model_copy(update={"engine": engine})


def _arm(fault: str) -> None:
    name, _, commits = fault.partition(":")
    FaultyProducer.sent = None if name == "HANG" else signal.Signals[f"SIG{name}"]
    FaultyProducer.commits_left = int(commits)
    transaction.TransactionalProducer = FaultyProducer


def main() -> None:
    configure_logging()
    end_with_parent()
    if "ENGINE_AT_COMMIT" in os.environ:
        _arm(os.environ["ENGINE_AT_COMMIT"])
    if "ENGINE_RECOVER_AFTER" in os.environ:
        starting.recover = _recover_late
    if "ENGINE_ENDS_LATE_S" in os.environ:
        _ask_ends_late(float(os.environ["ENGINE_ENDS_LATE_S"]))
    names = Names(os.environ["ENGINE_APP_ID"])
    both = agents(
        names,
        before_restore=_dawdle,
        fold_s=float(os.environ.get("ENGINE_FOLD_S", "0")),
    )
    app = build(_settings(), both, names.app_id, web_port=int(sys.argv[1]))
    faust.Worker(
        app, loglevel="info", override_logging=False, quiet=True
    ).execute_from_commandline()


if __name__ == "__main__":
    main()
