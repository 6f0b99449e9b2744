"""The two agents of the program itself, on the settings of every universe."""

from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from streams.app import ledger_agents
from streams.engine.runner import Agent
from streams.keep_stock import KeepStock
from streams.settings import ClarusSettings, Settings
from streams.topics import KEEP_STOCK
from tests.simulation.workload import ACCOUNT, TENANT_NAME

PARTITIONS = 2
PIECE_LET_IN = 1  # an opening is let in SKU by SKU: anything may happen in between


@cache
def agents() -> tuple[Agent, ...]:
    """Return the agents that a worker runs, wired as it wires them."""
    clarus = ClarusSettings(tenant=TENANT_NAME, accounts=(ACCOUNT,))
    settings = Settings(partitions=PARTITIONS, clarus=clarus, home=Path("unused"))
    keep_stock = partial(KeepStock, settings=settings, piece=PIECE_LET_IN)
    return tuple(
        replace(agent, new_fold=keep_stock) if agent.name == KEEP_STOCK else agent
        for agent in ledger_agents(settings)
    )
