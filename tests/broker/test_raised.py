"""What `stock exceptions` reads of a real Kafka: the last word of each exception."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.exceptions import ExceptionClass, Notice
from ledger.wire_outputs import render_notice
from streams.broker import LocalKafka
from streams.engine.fold import Send
from streams.one_transaction import only_writer
from streams.raised import raised
from streams.settings import Settings
from streams.topic_admin import create_topics
from streams.topics import EXCEPTIONS
from tests.broker.conftest import small_kafka

AT = datetime(2026, 7, 3, 9, tzinfo=UTC)


@pytest.fixture
def own_local(tmp_path: Path) -> Iterator[LocalKafka]:
    local = small_kafka(tmp_path)
    local.start()
    yield local
    local.stop()


async def test_what_was_cleared_deleted_or_is_none_does_not_stand(own_local: LocalKafka) -> None:
    """The oldest first, whatever the partition; what others wrote there stops nobody."""
    settings = Settings(kafka=own_local.bootstrap, partitions=2)
    await create_topics(settings)
    older = Notice(
        ExceptionClass.NO_COST, "E03:CUP", "raised", "CUP", None, "no cost", AT, AT, "s/0/1"
    )
    later = AT + timedelta(hours=1)
    newer = replace(older, exception_id="E03:MUG", sku="MUG", at=later, raised_at=later)
    cleared = replace(older, exception_id="E03:JUG", sku="JUG")
    gone = replace(older, exception_id="E03:LID", sku="LID")
    said = [newer, cleared, gone, replace(cleared, state="cleared")]
    sends: list[Send] = [(each.exception_id.encode(), render_notice(each), []) for each in said]
    sends += [(b"E03:LID", None, []), (b"junk", b"junk", [])]
    async with only_writer(settings, "keep_stock", []) as writer:
        await writer.write(
            {
                (EXCEPTIONS.name, 0): sends,
                (EXCEPTIONS.name, 1): [(b"E03:CUP", render_notice(older), [])],
            }
        )

    assert [each.exception_id for each in await raised(settings)] == ["E03:CUP", "E03:MUG"]
