"""The two agents as `streams/app.py` wires them, on the settings of every universe."""

from functools import cache, partial
from pathlib import Path

from streams.engine.runner import Agent
from streams.keep_stock import KeepStock
from streams.settings import ClarusSettings, Settings
from streams.topics import (
    DELIVERIES,
    KEEP_STOCK,
    MOVEMENTS,
    PRODUCTS,
    STOCK_CHANGELOG,
    TRANSLATE,
    TRANSLATE_CHANGELOG,
)
from streams.translate import Translate
from tests.simulation.workload import ACCOUNT, TENANT_NAME

PARTITIONS = 2


@cache
def settings() -> Settings:
    """Return the settings of every universe."""
    clarus = ClarusSettings(tenant=TENANT_NAME, accounts=(ACCOUNT,))
    return Settings(partitions=PARTITIONS, clarus=clarus, home=Path("unused"))


@cache
def agents() -> tuple[Agent, ...]:
    """Return the two agents as `streams/app.py` wires them."""
    own = settings()
    return (
        Agent(
            TRANSLATE,
            (DELIVERIES.name,),
            TRANSLATE_CHANGELOG.name,
            partial(Translate, settings=own),
        ),
        Agent(
            KEEP_STOCK,
            (MOVEMENTS.name, PRODUCTS.name),
            STOCK_CHANGELOG.name,
            partial(KeepStock, settings=own),
            read_first=PRODUCTS.name,
        ),
    )
