"""Control records on a real Kafka: an opening and a chart, whole or not at all, and once.

Not covered here: what the lanes do with it.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from ledger.holds import Place
from ledger.movement import Movement
from ledger.wire import parse_movement_record
from streams.chart_apply import apply
from streams.engine.errors import RefusesToRun
from streams.engine.mark import MARK_KEY, Mark
from streams.engine.settling import Settling
from streams.engine.transaction import transactional_producer
from streams.kafka import connection
from streams.one_transaction import OnlyWriter, TakenOver, only_writer
from streams.opening import TRANSACTIONAL_ID, Opening, load, opening_of, records_of
from streams.opening_file import Row
from streams.settings import Settings
from streams.topic_admin import create_topics
from streams.topics import MOVEMENTS, STOCK_CHANGELOG
from tests.broker.conftest import small_kafka
from tests.support.hanging import NEVER, hang, unverifying_kafka
from tests.support.kafka import eventually, read_all

PARTITIONS = 2
WITHIN_S = 10.0
AT = datetime(2026, 7, 3, 6, tzinfo=UTC)
SKUS = 300  # some 130 kB: more than one batch a partition


def opening(settings: Settings, site: str = "S", skus: int = SKUS) -> Opening:
    rows = [Row(n + 2, "A", site, f"SKU-{n}", n * 1_000, None, None) for n in range(skus)]
    return opening_of(rows, AT, now=AT, empty=Place("A", site), settings=settings)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Give one broker with our topics to all of these tests: each has sites of its own."""
    local = small_kafka(tmp_path_factory.mktemp("kafka"))
    local.start()
    settings = Settings(kafka=local.bootstrap, partitions=PARTITIONS)
    asyncio.run(create_topics(settings))
    yield settings
    local.stop()


async def written(settings: Settings, *, committed: bool = True) -> Counter[str]:
    records = await read_all(settings.kafka or "", MOVEMENTS.name, committed=committed)
    said = [parse_movement_record(record.value or b"") for record in records]
    return Counter("movement" if isinstance(one, Movement) else "control" for one in said)


async def become(settings: Settings, before: Counter[str], wanted: dict[str, int]) -> None:
    """Wait until so much is visible: Kafka answers before every partition is marked."""

    async def is_so() -> bool:
        return await written(settings) - before == wanted

    await eventually(is_so, WITHIN_S)


async def test_a_position_is_loaded_once(settings: Settings) -> None:
    """A load is there whole; another of the same place is refused before anything is written."""
    before = await written(settings)
    await load(settings, opening(settings))

    await become(settings, before, {"movement": SKUS, "control": PARTITIONS})

    with pytest.raises(RefusesToRun, match="A at S is open since"):
        await load(settings, opening(settings, skus=1))
    await load(settings, opening(settings, "T", skus=0))

    await become(settings, before, {"movement": SKUS, "control": 2 * PARTITIONS})


async def test_two_loads_at_once_fence(settings: Settings) -> None:
    """The later load goes through, of the earlier one nothing is seen."""
    before = await written(settings)
    async with only_writer(settings, TRANSACTIONAL_ID, [MOVEMENTS.name]) as first:
        await load(settings, opening(settings, "U", skus=1))
        with pytest.raises(TakenOver):
            await first.write(records_of(opening(settings, "V"), PARTITIONS))

    await become(settings, before, {"movement": 1, "control": PARTITIONS})


async def test_a_load_that_is_fenced_before_it_has_begun_says_so(settings: Settings) -> None:
    """Another one that starts right after it has the id: of this one nothing is written."""
    before = await written(settings)
    former, later = (transactional_producer(connection(settings), "x", 10_000) for _ in range(2))
    settling = Settling(connection(settings))
    places = [TopicPartition(MOVEMENTS.name, partition) for partition in range(PARTITIONS)]
    try:
        await former.start()
        await later.start()
        with pytest.raises(TakenOver, match="nothing of this one was written"):
            await OnlyWriter(former, settling).end_all_over(places, commit=False)
        await OnlyWriter(later, settling).end_all_over(places, commit=False)
    finally:
        await asyncio.gather(former.stop(), later.stop())

    await become(settings, before, {})


async def test_what_a_mark_says_is_open_is_open(settings: Settings) -> None:
    """An opening that the lanes have passed is known from their marks."""
    mark = Mark({MOVEMENTS.name: 0}, {}, {}, {"openings": [["A", "W", AT.isoformat()]]})
    async with only_writer(settings, "a-lane", [STOCK_CHANGELOG.name]) as lane:
        await lane.write({(STOCK_CHANGELOG.name, 1): [(MARK_KEY, mark.render(), [])]})
        await lane.write({(STOCK_CHANGELOG.name, 0): [(b"SKU", b"{}", [])]})

    with pytest.raises(RefusesToRun, match="A at W is open since"):
        await load(settings, opening(settings, "W"))


async def test_a_chart_counts_once(settings: Settings) -> None:
    """A chart goes to every partition; applied again it says nothing."""
    before = await written(settings)
    applied = await apply(settings, now_ms=1)

    assert applied is not None
    assert await apply(settings, now_ms=2) is None
    await become(settings, before, {"control": PARTITIONS})


async def test_what_hangs_of_an_earlier_load_is_never_seen(tmp_path: Path) -> None:
    """A load that Kafka held complete, and never marked, is aborted by the next one's start."""
    local = unverifying_kafka(tmp_path)
    await asyncio.to_thread(local.start)
    try:
        settings = Settings(kafka=local.bootstrap, partitions=PARTITIONS)
        await create_topics(settings)
        await hang(local.bootstrap, TRANSACTIONAL_ID, MOVEMENTS.name)
        await load(settings, opening(settings, skus=1))

        seen = await read_all(local.bootstrap, MOVEMENTS.name)
        assert NEVER not in [record.value for record in seen]
        assert await written(settings) == {"movement": 1, "control": PARTITIONS}
    finally:
        await asyncio.to_thread(local.stop)


async def test_what_others_have_open_holds_no_command_up(settings: Settings) -> None:
    """A command is done once nothing of it is open, whoever else writes to the partition."""
    topic = STOCK_CHANGELOG.name
    async with only_writer(settings, "b-lane", []) as other:
        await other.producer.begin_transaction()
        await other.producer.send_and_wait(topic, b"", key=b"K", partition=0)
        async with only_writer(settings, "c-lane", []) as command:
            await command.write({(topic, 0): [(b"SKU", b"{}", [])]})
        await other.producer.abort_transaction()
