"""The two agents of the program itself, on the settings of every universe."""

from functools import cache
from pathlib import Path

from streams.app import ledger_agents
from streams.engine.runner import Agent
from streams.settings import ClarusSettings, Settings
from tests.simulation.workload import ACCOUNT, TENANT_NAME

PARTITIONS = 2


@cache
def agents() -> tuple[Agent, ...]:
    """Return the agents that a worker runs, wired as it wires them."""
    clarus = ClarusSettings(tenant=TENANT_NAME, accounts=(ACCOUNT,))
    return ledger_agents(Settings(partitions=PARTITIONS, clarus=clarus, home=Path("unused")))
