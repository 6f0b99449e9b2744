"""What `stock show` reads of a real Kafka: one SKU among others that name it, and among junk."""

import asyncio
from collections.abc import Iterator

import pytest

from ledger.errors import UnreadableState
from ledger.journal import Entry
from ledger.level import StockCard
from ledger.movement import Movement, MovementKind
from ledger.wire import render_movement
from ledger.wire_outputs import render_entry
from streams.engine.fold import Send
from streams.history import History, history_of
from streams.one_transaction import only_writer
from streams.partitions import partition_of
from streams.settings import Settings
from streams.topic_admin import create_topics
from streams.topics import JOURNAL, MOVEMENTS, STOCK_CHANGELOG
from tables.cards import render_card
from tables.stock import Parked, StockBook
from tables.waiting import Waiting
from tests.broker.conftest import small_kafka
from tests.support.movements import movement
from tests.support.webs import group
from tests.unit.ledger.test_journal import Ledger

PARTITIONS = 2
SKU = "MUG"
OTHER = "JUG"
VERSION = 7
JUNK = (b"", b"junk", b"{}", b'{"sku":"MUG"}', b'["MUG"]', None)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Give one broker with our topics, and no worker, to all of these tests: each has its SKU."""
    local = small_kafka(tmp_path_factory.mktemp("kafka"))
    local.start()
    settings = Settings(kafka=local.bootstrap, partitions=PARTITIONS, web_bind="127.0.0.1:1")
    asyncio.run(create_topics(settings))
    yield settings
    local.stop()


def moved(sku: str, *numbers: int, site: str = "LEEDS") -> list[Movement]:
    return [
        movement(n, MovementKind.ADJUSTED_DOWN, "2", note="broken", sku=sku, site=site)
        for n in numbers
    ]


def entries_of(movements: list[Movement]) -> list[Entry]:
    book = Ledger("550")
    return [book.move(each, "breakage") for each in movements]


async def write(
    settings: Settings, sku: str, movements: list[Movement], entries: list[Entry]
) -> None:
    """Write a SKU's card, movements and entries in their order, and junk after all of them."""
    key = sku.encode()
    own = partition_of(key, PARTITIONS)
    card: Send = (key, render_card(StockCard(sku, version=VERSION)), [])
    said: list[Send] = [(key, render_movement(each), []) for each in movements]
    journal: list[Send] = [(b"breakage", render_entry(each), []) for each in entries]
    async with only_writer(settings, "keep_stock", []) as writer:
        await writer.write(
            {
                (STOCK_CHANGELOG.name, own): [card],
                (MOVEMENTS.name, own): said + [(key, value, []) for value in JUNK],
                (JOURNAL.name, 0): journal + [(b"breakage", value, []) for value in JUNK],
            }
        )


async def shown(settings: Settings, sku: str, last: int) -> History:
    found = await history_of(settings, sku, last)
    assert found is not None
    return found


async def test_the_last_of_a_sku_stand_behind_what_only_names_it_and_junk(
    settings: Settings,
) -> None:
    """Newer entries of another SKU, at a site that is called as the SKU is, take no place."""
    mine, others = moved(SKU, 1, 2, 3), moved(OTHER, 4, 5, 6, site=SKU)
    await write(settings, SKU, mine, entries_of([*mine, *others]))
    found = await shown(settings, SKU, last=2)
    ids = [each.movement_id for each in mine[-2:]]

    assert ids == [each["movement_id"] for each in found.movements]
    assert ids == [each["movement_id"] for each in found.entries]


async def test_what_waits_of_a_sku_is_told_with_what_it_waits_for(settings: Settings) -> None:
    """What has been entered since waits no more, and another SKU's waits elsewhere."""
    mine, others = moved("CUP", 11, 12, 13), moved("LID", 14, site="CUP")
    own = partition_of(b"CUP", PARTITIONS)
    book = StockBook()
    for offset, each in enumerate([*mine, *others]):
        book.park(Parked(each, "s", offset, offset, "E02"))
    book.waiting.add(Waiting(mine[2], 9))
    first = book.snapshot()
    book.unpark(book.parked_of("CUP")[0])
    await write(settings, "CUP", [], [])
    async with only_writer(settings, "keep_stock", []) as writer:
        for snapshot in (first, book.snapshot()):
            sends: list[Send] = [(key, value, []) for key, value in snapshot]
            await writer.write({(STOCK_CHANGELOG.name, own): sends})
    waits = (await shown(settings, "CUP", last=1)).waits

    told = [(each["lacks"], each["movement"]["movement_id"]) for each in waits]
    assert told == [
        ("E02", mine[1].movement_id),
        ("E02", mine[2].movement_id),
        ("opening", mine[2].movement_id),
    ]


async def test_what_stands_in_a_card_s_place_and_is_none_is_said_so(settings: Settings) -> None:
    """The worker refuses it as well; a sentence, not a traceback."""
    key = b"BAD"
    own = partition_of(key, PARTITIONS)
    async with only_writer(settings, "keep_stock", []) as writer:
        await writer.write({(STOCK_CHANGELOG.name, own): [(key, b"{}", [])]})

    with pytest.raises(UnreadableState, match="a card does not read back"):
        await history_of(settings, "BAD", 1)


async def test_the_card_is_this_kafka_s_whoever_answers_at_the_web_address(
    settings: Settings,
) -> None:
    """A worker of another installation, the demo's perhaps, may have the address and the SKU."""
    await write(settings, "TRAY", [], [])
    async with group(["TRAY"]) as others:
        bind = others.stands[0].worker.removeprefix("http://")
        found = await shown(settings.model_copy(update={"web_bind": bind}), "TRAY", last=1)

    assert found.card["version"] == VERSION
