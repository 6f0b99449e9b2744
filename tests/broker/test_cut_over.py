"""The opening of a place whose webhooks were on long before, on a real Kafka and a real worker.

Not covered: a worker killed in the middle (`tests/simulation`: between any two pieces).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.movement import Movement, MovementKind
from ledger.wire import hashed, render_movement
from streams.engine.fold import Place, Send
from streams.one_transaction import only_writer
from streams.partitions import partition_of
from streams.settings import Settings
from streams.topics import MOVEMENTS
from tests.broker.conftest import small_kafka
from tests.support.kafka import SOON_AGAIN, eventually
from tests.support.system import PARTITIONS, System

# Let in at one stretch, what waits for a lane takes longer than a transaction may be open; in
# pieces, none of the lanes' transactions takes a tenth of that.
WAITING = 200_000
SKUS = 8_000
TIMEOUT_MS = 5_000
LOOKS_FOR_TIMED_OUT = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": "100"}
TOML = f"""
[clarus]
tenant = "northpeak"
accounts = ["NPK"]
[engine]
transaction_timeout_ms = {TIMEOUT_MS}
cut_records_max = 1_000
poll_records_max = 100
"""
OPENED = "2026-03-30T06:00:00Z"
AT = datetime(2026, 3, 31, 6, tzinfo=UTC)
WITHIN_S = 240.0

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


def waiting(number: int) -> Movement:
    at = AT + timedelta(seconds=number)
    return hashed(
        Movement(
            f"clarus:northpeak:stock.received:{number}",
            MovementKind.RECEIVED,
            f"SKU-{number % SKUS}",
            "LEEDS",
            "NPK",
            1_000,
            occurred_at=at,
            received_at=at,
            content_hash="",
        )
    )


async def tell(settings: Settings) -> None:
    """Write the movements as translate would."""
    outputs: dict[Place, list[Send]] = {}
    for number in range(WAITING):
        movement = waiting(number)
        key = movement.sku.encode()
        place = MOVEMENTS.name, partition_of(key, PARTITIONS)
        outputs.setdefault(place, []).append((key, render_movement(movement), []))
    async with only_writer(settings, "translate", [MOVEMENTS.name]) as writer:
        await writer.write(outputs)


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[str]:
    """Give a broker that aborts a transaction as soon as its time is over."""
    local = small_kafka(tmp_path / "kafka", SOON_AGAIN | LOOKS_FOR_TIMED_OUT)
    local.start()
    yield local.bootstrap
    local.stop()


async def test_a_place_opens_however_much_has_waited(kafka: str, tmp_path: Path) -> None:
    """No lane keeps another's transaction open for too long, and the worker never ends."""
    async with System(kafka, tmp_path / "system", TOML) as system:
        await tell(system.settings)
        place = ("--account", "NPK", "--site", "LEEDS")
        await system.command("opening", "load", "--at", OPENED, *place)
        worker = system.start_worker()

        async def is_done() -> bool:
            assert worker.runs, worker.log
            return (await system.counts())["applied"] == WAITING

        await eventually(is_done, WITHIN_S)

        counts = await system.counts()
        assert (counts["waiting"], counts["parked"]) == (0, WAITING)
