"""The helpers other broker tests stand on, proven on the real thing."""

from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from streams.broker import LocalKafka
from streams.engine.mark import Mark
from streams.reading import read_marks
from streams.settings import Settings
from streams.topics import MOVEMENTS
from tests.faults import ground
from tests.support.kafka import create_topics, eventually, read_all, send_all
from tests.support.system import System


async def test_read_all_knows_transactions(kafka: str) -> None:
    """Aborted records are seen only by those who ask for them; nobody waits for a mark."""
    await create_topics(kafka, "transactions")
    producer = AIOKafkaProducer(bootstrap_servers=kafka, transactional_id="test-read-all")
    await producer.start()
    try:
        for value, commit in ((b"aborted", False), (b"committed", True)):
            await producer.begin_transaction()
            await producer.send_and_wait("transactions", value)
            await (producer.commit_transaction() if commit else producer.abort_transaction())
    finally:
        await producer.stop()

    committed = await read_all(kafka, "transactions")
    everything = await read_all(kafka, "transactions", committed=False)

    assert [record.value for record in committed] == [b"committed"]
    assert [record.value for record in everything] == [b"aborted", b"committed"]


async def test_read_all_goes_through_partitions_in_order(kafka: str) -> None:
    """By partition, then by offset; empty partitions are no obstacle."""
    await create_topics(kafka, "ordered", partitions=3)
    await send_all(kafka, "ordered", [b"c", b"d"], partition=2)
    await send_all(kafka, "ordered", [b"a", b"b"], partition=0)

    assert [record.value for record in await read_all(kafka, "ordered")] == [b"a", b"b", b"c", b"d"]


async def test_eventually_waits_for_a_true_answer() -> None:
    """The answer itself comes back."""
    answers = iter([None, 0, "yes"])

    assert await eventually(lambda: next(answers), within_s=5) == "yes"


async def test_eventually_fails_with_the_last_answer() -> None:
    """A failure shows what it saw."""
    with pytest.raises(AssertionError, match="the last answer was 0"):
        await eventually(lambda: 7 - 7, within_s=0)


async def test_nothing_has_drained_while_a_lane_writes_on(
    own_kafka: LocalKafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What translate writes while its mark is read is a movement that keep_stock has to take."""
    own_kafka.start()
    async with System(own_kafka.bootstrap, tmp_path / "system", "") as system:
        assert await ground.has_drained(system.settings)

        async def read_while_it_writes(settings: Settings, changelog: str) -> dict[int, Mark]:
            await send_all(own_kafka.bootstrap, MOVEMENTS.name, [b"{}"], partition=0)
            return await read_marks(settings, changelog)

        monkeypatch.setattr(ground, "read_marks", read_while_it_writes)

        assert not await ground.has_drained(system.settings)
