"""What lanes make of what they find: refused where figures would go wrong, with the fix named.

The lanes are the real ones on a real broker; only Faust is left out, which is in
`test_engine_faults.py`.
"""

import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import IllegalOperation, ProducerFenced
from aiokafka.protocol.admin import DeleteGroupsRequest

from streams.engine.errors import RefusesToRun
from streams.engine.mark import MARK_KEY
from tests.support.ground import COMPACT, LIKE_OURS, Ground
from tests.support.kafka import delete_topics, eventually, move_offset, offset_of
from tests.support.own_lanes import OwnLanes

SENT = 20
FENCED_WITHIN_S = 10.0
COMMITTED_WITHIN_S = 10.0


@pytest.fixture
async def ground(kafka: str, tmp_path: Path) -> AsyncIterator[Ground]:
    async with Ground(kafka, tmp_path, partitions=1) as own:
        yield own


@pytest.fixture
async def lanes(ground: Ground) -> AsyncIterator[OwnLanes]:
    """Give lanes that took and committed something, and were revoked."""
    own = OwnLanes(ground)
    await ground.send(SENT)
    await own.assign()
    await own.run_to_the_end()
    await own.revoke()
    yield own
    await own.lanes.revoke()


@pytest.fixture
async def admin(kafka: str) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await client.start()
    yield client
    await client.close()


@contextmanager
def refused(*words: str) -> Iterator[None]:
    with pytest.raises(RefusesToRun) as refusal:
        yield
    assert all(word in str(refusal.value) for word in words), refusal.value


async def go_on(ground: Ground, lanes: OwnLanes) -> None:
    await lanes.assign()
    await ground.send(SENT)
    await lanes.run_to_the_end()
    await lanes.revoke()
    await ground.check()


async def make_anew(ground: Ground, topic: str, config: dict[str, str] = LIKE_OURS) -> None:
    await delete_topics(ground.kafka, topic)
    await ground.make_topics(topic, config=config)


async def test_lanes_go_on_from_their_mark(ground: Ground, lanes: OwnLanes) -> None:
    """Assigned again, a lane takes the next record and no other."""
    await go_on(ground, lanes)


async def test_committed_offsets_expired(
    ground: Ground, lanes: OwnLanes, admin: AIOKafkaAdminClient
) -> None:
    """Without the group's offsets, the mark alone says where to go on."""
    group = ground.names.app_id
    coordinator = await admin.find_coordinator(group)
    await admin._send_request(DeleteGroupsRequest([group]), coordinator)
    assert await admin.list_consumer_group_offsets(group) == {}

    await go_on(ground, lanes)


async def test_a_topic_made_anew_that_has_grown_past_the_old_offset(
    ground: Ground, lanes: OwnLanes
) -> None:
    """Other records at the same offsets are not what was read: nothing is skipped in silence."""
    await make_anew(ground, ground.names.deliveries)
    await ground.send(SENT + 1)

    with refused("made anew", ground.names.deliveries, "Restore the topic"):
        await lanes.assign()


async def test_a_topic_made_anew_that_is_shorter(ground: Ground, lanes: OwnLanes) -> None:
    """A mark beyond the topic's end is refused, or the next records would be skipped."""
    await make_anew(ground, ground.names.deliveries)

    with refused("made anew", f"was read to {SENT}"):
        await lanes.assign()


async def test_records_deleted_unread(
    ground: Ground, lanes: OwnLanes, admin: AIOKafkaAdminClient
) -> None:
    """What retention took before it was read is lost: a person must know."""
    await ground.send(SENT)
    deliveries = TopicPartition(ground.names.deliveries, 0)
    await admin.delete_records({deliveries: RecordsToDelete(before_offset=SENT + 1)})

    with refused("deleted unread"):
        await lanes.assign()


async def test_records_deleted_after_they_were_read(
    ground: Ground, lanes: OwnLanes, admin: AIOKafkaAdminClient
) -> None:
    """Retention behind the mark is as it should be."""
    deliveries = TopicPartition(ground.names.deliveries, 0)
    await admin.delete_records({deliveries: RecordsToDelete(before_offset=SENT)})

    await go_on(ground, lanes)


async def test_the_changelog_deleted(ground: Ground, lanes: OwnLanes) -> None:
    """Without mark and cards, the group's offsets would skip all that made the cards."""
    await make_anew(ground, ground.names.add_changelog, COMPACT)

    with refused("add/0", "holds no mark", "stock rebuild"):
        await lanes.assign()


async def test_committed_offsets_that_fell_back(ground: Ground, lanes: OwnLanes) -> None:
    """Kafka 4.4 may lose the latest of them (a load overtaken by a second); the mark has them."""
    deliveries = TopicPartition(ground.names.deliveries, 0)
    await move_offset(ground.kafka, ground.names.app_id, deliveries, 3)

    async def is_committed_again() -> bool:
        return await offset_of(ground.kafka, ground.names.app_id, deliveries) == SENT

    await lanes.assign()
    lanes.lanes.resumed()
    await eventually(is_committed_again, COMMITTED_WITHIN_S)

    await go_on(ground, lanes)


async def test_committed_offsets_beyond_the_mark(ground: Ground, lanes: OwnLanes) -> None:
    """What was published since is not known: a changelog that lost its end, or a hand at work."""
    await move_offset(
        ground.kafka, ground.names.app_id, TopicPartition(ground.names.deliveries, 0), SENT + 1
    )

    with refused("copy/0", f"move it back to {SENT}", "stock rebuild"):
        await lanes.assign()


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        (b'{"next": {"', ("does not read back", "stock rebuild")),
        (b"no mark at all", ("does not read back", "stock rebuild")),
        (None, ("holds no mark", "stock rebuild")),
    ],
)
async def test_a_mark_that_is_none(
    ground: Ground, lanes: OwnLanes, mark: bytes | None, words: tuple[str, ...]
) -> None:
    """Whatever became of a mark, the lane says so and names the way out."""
    producer = AIOKafkaProducer(bootstrap_servers=ground.kafka)
    await producer.start()
    await producer.send_and_wait(ground.names.add_changelog, mark, MARK_KEY, partition=0)
    await producer.stop()

    with refused("add/0", *words):
        await lanes.assign()


async def test_the_former_owner_is_fenced(ground: Ground, lanes: OwnLanes) -> None:
    """Who was replaced can write no more, and what it had folded is folded by its successor."""
    await fence_former_of(lanes, ground)

    await lanes.run_to_the_end()
    await lanes.revoke()
    await ground.check()


async def test_who_is_fenced_says_so_once(
    ground: Ground, lanes: OwnLanes, unheard: list[dict[str, Any]]
) -> None:
    """Nothing of its last transaction tells it once more when it is collected."""
    await fence_former_of(lanes, ground)

    gc.collect()
    assert not unheard


async def fence_former_of(lanes: OwnLanes, ground: Ground) -> None:
    """Have other lanes read the same, and these take them over before they have written it."""
    former = OwnLanes(ground)
    await former.assign()
    await lanes.assign()
    await ground.send(SENT)
    with pytest.raises(AssertionError):
        await former.run_to_the_end()
    await eventually(lambda: former.failures, FENCED_WITHIN_S)

    # Whatever it was doing when it learnt of it: aiokafka then knows of no transaction any more.
    assert isinstance(former.failures[0], ProducerFenced | IllegalOperation)
    await former.lanes.revoke()


async def test_a_position_without_records_is_committed(
    ground: Ground, lanes: OwnLanes, admin: AIOKafkaAdminClient
) -> None:
    """Aborted records and markers are passed and stay passed, though nothing else comes."""
    await abort_one(ground)
    await lanes.assign()
    await lanes.run_to_the_end()
    await lanes.revoke()
    offsets = await admin.list_consumer_group_offsets(ground.names.app_id)

    assert offsets[TopicPartition(ground.names.deliveries, 0)].offset == SENT + 2
    await go_on(ground, lanes)


async def test_a_record_larger_than_a_batch(ground: Ground, lanes: OwnLanes) -> None:
    """One record is written whole, however large, as long as Kafka takes it."""
    value = orjson.dumps({"id": SENT, "add": 0, "padding": "x" * 600_000})
    await ground.send_raw(ground.names.deliveries, (b"K0", value))
    await lanes.assign()
    await lanes.run_to_the_end()
    await lanes.revoke()

    assert value == (await ground.records(ground.names.movements))[-1].value


async def abort_one(ground: Ground) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=ground.kafka, transactional_id=f"{ground.names.app_id}-foreign"
    )
    await producer.start()
    await producer.begin_transaction()
    await producer.send_and_wait(ground.names.deliveries, b"aborted", b"K0", partition=0)
    await producer.abort_transaction()
    await producer.stop()
