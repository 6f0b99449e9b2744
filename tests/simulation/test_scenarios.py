"""What seeds have found, told step by step: a draw may change, and the story stays the same."""

from random import Random

import pytest

from ledger.valuation import Product
from ledger.wire import render_product
from streams.partitions import partition_of
from streams.topics import KEEP_STOCK, PRODUCTS
from tests.simulation.kafka import Place
from tests.simulation.oracle import check
from tests.simulation.wiring import PARTITIONS
from tests.simulation.worker import Worker
from tests.simulation.workload import SKUS
from tests.simulation.world import World

PLACE: Place = (PRODUCTS.name, 0)
SKU = next(sku for sku in SKUS if partition_of(sku.encode(), PARTITIONS) == PLACE[1])


class FirstOfAll(Random):
    """Picks the first of whatever there is, for ever."""

    def random(self) -> float:
        return 0.0


@pytest.fixture
def world() -> World:
    """Return a universe at rest, with as many workers as there may be."""
    world = World(0)
    world.run()
    while world.join():
        pass
    world.rest()
    return world


def agrees(world: World) -> None:
    check(world.kafka, PARTITIONS)
    world.check_shown()


def its_commit_is_unanswered(world: World) -> Worker:
    """Have Kafka commit what a worker took, and the worker not know it yet."""
    product = Product(SKU, 3, 12_345, saleable=True)
    world.kafka.append(PLACE, (SKU.encode(), render_product(product), []))
    worker = next(each for each in world.workers if (KEEP_STOCK, PLACE[1]) in each.lanes)
    while world.kafka.group[PLACE] < world.kafka.end(PLACE):
        worker.steps(world.random)
    return worker


def test_no_universe_rests_while_a_commit_is_unanswered(world: World) -> None:
    """Nor where every draw falls on another worker, which has nothing to do."""
    worker = its_commit_is_unanswered(world)
    world.workers.sort(key=lambda each: each is worker)  # it comes last
    world.random = FirstOfAll()
    world.rest()

    agrees(world)


@pytest.mark.parametrize("places", [{PLACE}, None], ids=["one", "all"])
@pytest.mark.parametrize("offset", [None, 0], ids=["expired", "fell back"])
def test_lost_offsets_of_a_group_are_said_again_with_nothing_to_take(
    world: World, places: set[Place] | None, offset: int | None
) -> None:
    """Else a changelog that is lost later would be taken for a first start."""
    for place in places or {*world.kafka.group}:
        if offset is None:
            del world.kafka.group[place]
        else:
            world.kafka.group[place] = offset
    world.rebalance()
    world.rest()

    agrees(world)
