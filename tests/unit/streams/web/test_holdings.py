"""When a worker's cards may be shown; no broker is there."""

import asyncio
from pathlib import Path

import pytest

from streams.engine.host import EngineApp, host
from streams.settings import Settings
from streams.web.holdings import EngineHoldings
from tests.support.folds import agents
from tests.support.made_lanes import NAMES


@pytest.fixture
async def app(tmp_path: Path) -> EngineApp:
    settings = Settings(kafka="127.0.0.1:1", home=tmp_path, partitions=2)
    return host(settings, NAMES.app_id, agents(NAMES), web_port=1)


async def test_a_worker_cut_off_from_kafka_shows_no_cards(app: EngineApp) -> None:
    """Others may have taken its lanes over; its own figures would look like today's."""
    holdings = EngineHoldings(app, partitions=2)
    app.lanes.ready = True
    cut_off = holdings.not_ready_because()
    app.watch._asked_at = asyncio.get_running_loop().time()

    assert cut_off == "Kafka has not answered for longer than a session: cards may be old"
    assert holdings.not_ready_because() == "the tables are not recovered yet"
