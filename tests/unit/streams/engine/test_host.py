"""How the engine sits in a Faust app; nothing is reached for, no broker is there."""

import asyncio
from pathlib import Path

import pytest

from streams.engine.host import MAX_POLL_INTERVAL_S, EngineApp, ListChannel, add_table, host
from streams.engine.runner import DRAIN_TIMEOUT_S
from streams.engine.starting import RECOVER_WITHIN_S
from streams.engine.take_over import ENDED_WITHIN_S
from streams.engine.transaction import STOP_TIMEOUT_S
from streams.settings import EngineSettings, Settings
from tests.support.folds import ADD, COPY, TABLE, agents
from tests.support.kafka import eventually
from tests.support.made_lanes import NAMES, taken

SOON_S = 5.0


@pytest.fixture
async def app(tmp_path: Path) -> EngineApp:
    settings = Settings(kafka="127.0.0.1:1", home=tmp_path, partitions=2)
    return host(settings, NAMES.app_id, agents(NAMES), web_port=1)


async def test_lists_stay_in_a_channel_over_a_rebalance(app: EngineApp) -> None:
    """Faust clears its queues and cancels who waits for room; the drain of ours lives on."""
    app.flow_control.resume()
    channel = ListChannel(app, maxsize=1)
    subscriber = channel.clone(is_iterator=True)
    await channel.send(value=taken(0, 1))
    waiting = asyncio.ensure_future(channel.send(value=taken(1, 2)))
    await eventually(subscriber.queue.full, SOON_S)

    app.flow_control.suspend()
    app.flow_control.clear()
    app.flow_control.resume()
    first = await subscriber.get(timeout=SOON_S)
    await waiting
    second = await subscriber.get(timeout=SOON_S)

    assert [first.value, second.value] == [taken(0, 1), taken(1, 2)]


async def test_nothing_is_fetched_or_ready_while_the_group_rebalances(app: EngineApp) -> None:
    """Records fetched before the last resume would be lost on the way."""
    app.lanes.ready = True
    app.rebalancing = True

    assert not app.wants(NAMES.movements, 0)
    assert not app.is_ready


async def test_a_member_without_partitions_stays(app: EngineApp) -> None:
    """A spare worker fetches nothing for days, and must not be taken for a hung one."""
    assert app.conf.broker_max_poll_interval == MAX_POLL_INTERVAL_S


async def test_the_group_waits_for_a_taking_over(app: EngineApp) -> None:
    """No longer than taking over and giving back take: reading back is given up."""
    takes = ENDED_WITHIN_S + DRAIN_TIMEOUT_S + STOP_TIMEOUT_S
    assert takes < app.conf.broker_rebalance_timeout < RECOVER_WITHIN_S


async def test_faust_takes_the_longest_session(tmp_path: Path) -> None:
    """It refuses one that is longer than a request may be, at each start anew."""
    longest = EngineSettings(session_timeout_ms=600_000)
    settings = Settings(kafka="127.0.0.1:1", home=tmp_path, partitions=2, engine=longest)
    conf = host(settings, NAMES.app_id, agents(NAMES), web_port=1).conf

    assert 600.0 == conf.broker_session_timeout <= conf.broker_request_timeout


async def test_a_position_that_is_gone_is_an_error(app: EngineApp) -> None:
    """Nobody jumps over records that were deleted unread."""
    assert app.conf.consumer_auto_offset_reset == "none"


async def test_a_crash_anywhere_ends_the_process(app: EngineApp) -> None:
    """Faust's own way out waits for what may never come."""
    ends: list[BaseException] = []
    app.fail = ends.append
    error = ConnectionError("gone")
    await app.crash(error)  # what is raised in Faust itself
    app._crash(error)  # what a part of it passes on

    assert ends == [error, error]


async def test_lanes_taken_while_the_worker_stops_are_given_back(app: EngineApp) -> None:
    """The consumer gives back what it has when it is told; these came afterwards."""
    given_back: list[str] = []

    async def taken_too_late(_assigned: object) -> bool:
        app._stopped.set()
        return True

    async def give_back() -> None:
        given_back.append("all")

    app.before_assigned, app.before_revoked = taken_too_late, give_back
    await app._on_partitions_assigned(set())

    assert given_back == ["all"]


async def test_the_table_shows_committed_values_of_its_agent_only(app: EngineApp) -> None:
    """Without lanes there is nothing to show, and nobody can write."""
    table = add_table(app, TABLE, ADD, 2)

    assert dict(table.data) == {}
    assert app.lanes.lane(COPY, 0) is None
