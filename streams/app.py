"""The composition root: settings in, a Faust app with its agents, table and pages out."""

from functools import partial

from streams import agents
from streams.engine.host import EngineApp, add_table, host
from streams.engine.runner import Agent
from streams.keep_stock import KeepStock
from streams.settings import Settings
from streams.topics import (
    APP_ID,
    DELIVERIES,
    KEEP_STOCK,
    MOVEMENTS,
    PRODUCTS,
    STOCK_CHANGELOG,
    TRANSLATE,
    TRANSLATE_CHANGELOG,
    outputs_of,
)
from streams.translate import Translate
from streams.web import pages

STOCK_TABLE = "stock"


def build(settings: Settings, *, web_port: int) -> EngineApp:
    """Return the worker's app; nothing is reached for until it is started."""
    app = host(
        settings,
        APP_ID,
        ledger_agents(settings),
        web_port=web_port,
    )
    agents.register(app)
    add_table(app, STOCK_TABLE, KEEP_STOCK, settings.partitions)
    pages.register(app, settings)
    return app


def ledger_agents(settings: Settings) -> tuple[Agent, ...]:
    """Return what the engine must know of both agents."""
    return (
        Agent(
            TRANSLATE,
            (DELIVERIES.name,),
            TRANSLATE_CHANGELOG.name,
            partial(Translate, settings=settings),
            writes=outputs_of(TRANSLATE),
        ),
        Agent(
            KEEP_STOCK,
            (MOVEMENTS.name, PRODUCTS.name),
            STOCK_CHANGELOG.name,
            partial(KeepStock, settings=settings),
            read_first=PRODUCTS.name,
            writes=outputs_of(KEEP_STOCK),
        ),
    )
