"""How door and workers are: what their pages say, and nothing where they do not."""

from pathlib import Path

import pytest

from streams.broker.ports import draw_port
from streams.pulse import Asking, Pulse, client
from streams.roles import Roles
from streams.settings import Settings
from streams.supervisor import Child
from tests.support.doors import Shelf, door_settings, open_door
from tests.support.webs import group

TOKEN = b"canary-2Rk7Qx9Vm4Lz6Tb8Wc3Yd5Ne1"


async def pulse_of(settings: Settings, *workers: str) -> Pulse:
    """Return how a door of these settings and workers at these addresses are."""
    async with client(settings) as session:
        return await Asking(session, settings, Roles(Child("door", ()), (), workers)).pulse()


@pytest.mark.parametrize(
    ("host", "deliveries"),
    [("127.0.0.1", 1), ("0.0.0.0", None)],  # noqa: S104 (the door's own case)
)
async def test_deliveries_are_those_of_the_door_or_not_known(
    host: str, deliveries: int | None, tmp_path: Path
) -> None:
    """Beyond loopback without a token the door shows its figures to nobody: they are not 0."""
    settings = door_settings(tmp_path, door_bind=f"{host}:{draw_port()}")
    async with open_door(settings, Shelf()) as door:
        await door.post()
        pulse = await pulse_of(settings)

    assert pulse.door_is_ready
    assert deliveries == pulse.deliveries


@pytest.mark.parametrize(("token", "lag"), [(None, 0), (TOKEN, None)])
async def test_lag_is_not_known_where_a_worker_does_not_say_it(
    token: bytes | None, lag: int | None, tmp_path: Path
) -> None:
    """A worker that wants another token is ready, and may be behind by anything."""
    async with group(workers=2, token=token) as workers:
        urls = [stand.worker for stand in workers.stands]
        pulse = await pulse_of(door_settings(tmp_path), *urls)

    assert (2, lag) == (pulse.workers_ready, pulse.lag_records)
