"""A real Kafka for every test in this folder."""

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest

from streams.broker import Jvm, LocalKafka
from tests.support.ground import Ground
from tests.support.kafka import SOON_AGAIN

# The first test on a fresh machine waits for 45 MB.
TIMEOUT_S = 180


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.broker)
    if item.get_closest_marker("timeout") is None:
        item.add_marker(pytest.mark.timeout(TIMEOUT_S))


@pytest.fixture
def kafka(running_kafka: LocalKafka) -> str:
    """Return the address of one broker for the whole session: use topics of your own."""
    return running_kafka.bootstrap


@pytest.fixture(scope="session")
def running_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """Give the session's broker itself, to be looked at: it must run on."""
    local = small_kafka(tmp_path_factory.mktemp("kafka"))
    local.start()
    yield local
    local.stop()


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[LocalKafka]:
    """Give a broker of the test's own, not started: kill it, stop it, reset it."""
    local = small_kafka(tmp_path)
    yield local
    local.stop()


@pytest.fixture
async def ground(kafka: str, tmp_path: Path) -> AsyncIterator[Ground]:
    """Give topics and workers of the test's own, with two partitions."""
    async with Ground(kafka, tmp_path) as own:
        yield own


def small_kafka(home: Path, properties: Mapping[str, str] = SOON_AGAIN) -> LocalKafka:
    small = Jvm(heap_max="256m", quick_start=True)
    return LocalKafka(home, port=0, jvm=small, properties=properties)
